/** Names of the Polis side that the stacks share with a running Delphi. They are a contract: a stage does not change them. */
export const TABLE_NAMES = {
  jobs: 'Delphi_JobQueue',
  reports: 'Delphi_NarrativeReports',
  ledger: 'Delphi_NarrativeRequests',
  topicNames: 'Delphi_CommentClustersLLMTopicNames',
  clusterAssignments: 'Delphi_CommentHierarchicalClusterAssignments',
  clusterKeywords: 'Delphi_CommentClustersStructureKeywords',
} as const;
