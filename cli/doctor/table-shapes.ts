type Key = readonly [name: string, type: 'S' | 'N'];

/** What a table must be like: keys with their types, indexes that project everything. */
export interface TableShape {
  keys: readonly Key[];
  indexes: Readonly<Record<string, readonly Key[]>>;
  /** the job table is heard through its stream */
  stream?: true;
  /** attribute by which old rows go */
  ttl?: string;
}

/** The tables of the contract with Polis and Delphi, and this project's ledger. */
export const SHAPES = {
  jobs: {
    keys: [['job_id', 'S']],
    indexes: {
      StatusCreatedIndex: [
        ['status', 'S'],
        ['created_at', 'S'],
      ],
      ConversationIndex: [
        ['conversation_id', 'S'],
        ['created_at', 'S'],
      ],
      JobTypeIndex: [
        ['job_type', 'S'],
        ['priority', 'N'],
      ],
      WorkerStatusIndex: [
        ['worker_id', 'S'],
        ['status', 'S'],
      ],
    },
    stream: true,
  },
  reports: {
    keys: [
      ['rid_section_model', 'S'],
      ['timestamp', 'S'],
    ],
    indexes: {
      ReportIdTimestampIndex: [
        ['report_id', 'S'],
        ['timestamp', 'S'],
      ],
    },
  },
  ledger: {
    keys: [
      ['job_id', 'S'],
      ['entry', 'S'],
    ],
    indexes: {},
    ttl: 'expires_at_epoch',
  },
  topicNames: {
    keys: [
      ['conversation_id', 'S'],
      ['topic_key', 'S'],
    ],
    indexes: {},
  },
  clusterAssignments: {
    keys: [
      ['conversation_id', 'S'],
      ['comment_id', 'N'],
    ],
    indexes: {},
  },
} as const satisfies Record<string, TableShape>;
