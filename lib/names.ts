/**
 * Names that the stacks share with the command line, the local run and the tests. This file loads nothing, least of all CDK.
 */

/** Names of the Polis side that the stacks share with a running Delphi. A stage does not change them. */
export const TABLE_NAMES = {
  jobs: 'Delphi_JobQueue',
  reports: 'Delphi_NarrativeReports',
  ledger: 'Delphi_NarrativeRequests',
  topicNames: 'Delphi_CommentClustersLLMTopicNames',
  clusterAssignments: 'Delphi_CommentHierarchicalClusterAssignments',
  clusterKeywords: 'Delphi_CommentClustersStructureKeywords',
} as const;

/** The states by the names that people read in the console, in tests and in the local run. */
export const STATE = {
  batchAlreadySubmitted: 'Batch already submitted?',
  adoptBatch: 'Adopt batch',
  submitBatch: 'Submit batch',
  submissionRecorded: 'Submission recorded?',
  waitForSubmissionToSettle: 'Wait for submission to settle',
  waitForEarlierJob: 'Wait for earlier job',
  wait: 'Wait',
  checkBatchStatus: 'Check batch status',
  batchEnded: 'Batch ended?',
  collectResults: 'Collect results',
  sectionsLeftToAskAgain: 'Sections left to ask again?',
  completeJob: 'Complete job',
  jobCompleted: 'Job completed',
  jobLeftToItsOwner: 'Job left to its owner',
  failJob: 'Fail job',
  jobFailed: 'Job failed',
} as const;

const STACK_PREFIX = 'DelphiNarratives';

/**
 * Name of one of a deployment's stacks.
 * @param stage undefined or '' for the deployment without
 * @param part '' is the main stack, whose name the alarms and the dashboard begin with
 */
export const stackName = (stage: string | undefined, part: '' | 'Data' | 'Monitoring' | 'Api' = ''): string =>
  `${STACK_PREFIX}${part}${stage ? `-${stage}` : ''}`;

/** The stage in the name of a main stack; undefined when it has none. */
export const stageOf = (mainStack: string): string | undefined =>
  new RegExp(`^${STACK_PREFIX}-(.+)$`).exec(mainStack)?.[1];

/** `check-status` → `CheckStatus`: CloudFormation's logical ids take letters and digits only. */
export const constructId = (name: string): string =>
  name.replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase());
