import {
  AttributeType,
  BillingMode,
  type ITable,
  StreamViewType,
  Table,
  TableEncryption,
  type TableProps,
} from 'aws-cdk-lib/aws-dynamodb';
import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { TABLE_NAMES } from './names.ts';
import type { NarrativesConfig } from './settings.ts';

/** The tables that the functions write to. */
export interface NarrativesTables {
  readonly jobs: ITable;
  readonly reports: ITable;
  readonly ledger: ITable;
}

const string = (name: string) => ({ name, type: AttributeType.STRING });
const number = (name: string) => ({ name, type: AttributeType.NUMBER });

const JOB_INDEXES = [
  { indexName: 'StatusCreatedIndex', partitionKey: string('status'), sortKey: string('created_at') },
  { indexName: 'ConversationIndex', partitionKey: string('conversation_id'), sortKey: string('created_at') },
  { indexName: 'JobTypeIndex', partitionKey: string('job_type'), sortKey: number('priority') },
  { indexName: 'WorkerStatusIndex', partitionKey: string('worker_id'), sortKey: string('status') },
];

/** Whether some table is not named by the settings, so that a data stack is needed. */
export function createsTables(config: NarrativesConfig): boolean {
  return !(config.jobTable && config.reportsTable && config.ledgerTable);
}

/** Creates the tables that no setting names. The setting removalPolicy says whether they are kept when the stack is deleted. */
export class DataStack extends Stack {
  readonly created: Partial<NarrativesTables>;
  private readonly removalPolicy: RemovalPolicy;

  constructor(scope: Construct, id: string, config: NarrativesConfig, props?: StackProps) {
    super(scope, id, { description: 'Tables of the Delphi narrative reports', ...props });
    this.removalPolicy = config.removalPolicy === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN;
    this.created = {
      ...(config.jobTable ? {} : { jobs: this.jobTable() }),
      ...(config.reportsTable ? {} : { reports: this.reportsTable() }),
      ...(config.ledgerTable ? {} : { ledger: this.ledgerTable() }),
    };
  }

  private jobTable(): Table {
    const table = this.table('JobTable', {
      tableName: TABLE_NAMES.jobs,
      partitionKey: string('job_id'),
      stream: StreamViewType.NEW_IMAGE,
    });
    for (const index of JOB_INDEXES) table.addGlobalSecondaryIndex(index);
    return table;
  }

  private reportsTable(): Table {
    const table = this.table('ReportsTable', {
      tableName: TABLE_NAMES.reports,
      partitionKey: string('rid_section_model'),
      sortKey: string('timestamp'),
    });
    table.addGlobalSecondaryIndex({
      indexName: 'ReportIdTimestampIndex',
      partitionKey: string('report_id'),
      sortKey: string('timestamp'),
    });
    return table;
  }

  private ledgerTable(): Table {
    return this.table('LedgerTable', {
      tableName: TABLE_NAMES.ledger,
      partitionKey: string('job_id'),
      sortKey: string('entry'),
      timeToLiveAttribute: 'expires_at_epoch',
    });
  }

  private table(id: string, props: TableProps): Table {
    return new Table(this, id, {
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: this.removalPolicy,
      ...props,
    });
  }
}

/** The tables that settings name, looked up by name in the account and region of the scope's stack. */
export function importedTables(scope: Construct, config: NarrativesConfig): Partial<NarrativesTables> {
  const imported = (id: string, tableName: string, tableStreamArn?: string) =>
    Table.fromTableAttributes(scope, id, {
      tableName,
      ...(tableStreamArn ? { tableStreamArn } : {}),
    });
  return {
    ...(config.jobTable ? { jobs: imported('JobTable', config.jobTable, config.jobTableStreamArn) } : {}),
    ...(config.reportsTable ? { reports: imported('ReportsTable', config.reportsTable) } : {}),
    ...(config.ledgerTable ? { ledger: imported('LedgerTable', config.ledgerTable) } : {}),
  };
}
