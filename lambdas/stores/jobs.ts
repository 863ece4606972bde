import { type DynamoDBDocumentClient, PutCommand, type QueryCommandInput, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { AWAITING_BATCH, CREATE_BATCH } from '../shared/job-row.ts';
import { conditionally, queryAll, readRow } from './dynamodb.ts';
import type { ActiveJobs } from './guards.ts';

/** What must still hold of a job row for a change to be made. `version` as it is on the row, even if it is not a number; undefined: the row has none. */
export interface RowCondition {
  status: string;
  version: unknown;
  worker_id?: string;
}

export interface JobTable {
  /** The row, consistently read and not yet parsed. */
  get(jobId: string): Promise<Record<string, unknown> | undefined>;
  /** Sets attributes (undefined removes one) and adds 1 to `version`, if the condition holds. */
  change(jobId: string, condition: RowCondition, set: Record<string, unknown>): Promise<'changed' | 'conflict'>;
  /** Puts a row unless one of its `job_id` exists. */
  putNew(row: Record<string, unknown> & { job_id: string }): Promise<'put' | 'exists'>;
}

/** Finds job rows by the table's index; rows come as they are, not yet parsed, and a moment late. */
export interface JobFinder {
  /** @param createdSince ISO 8601; rows created before it are left out */
  withStatus(status: string, createdSince?: string): AsyncIterable<Record<string, unknown>>;
}

/** `Delphi_JobQueue`. Every name goes through ExpressionAttributeNames: `status` is a reserved word. */
export function jobTable(db: DynamoDBDocumentClient, table: string): JobTable {
  return {
    get: (job_id) => readRow(db, table, { job_id }),
    async change(job_id, condition, set) {
      const update = new UpdateCommand({ TableName: table, Key: { job_id }, ...updateExpression(condition, set) });
      return (await conditionally(`write ${table}`, () => db.send(update))) ? 'changed' : 'conflict';
    },
    async putNew(Item) {
      const put = new PutCommand({ TableName: table, Item, ConditionExpression: 'attribute_not_exists(job_id)' });
      return (await conditionally(`write ${table}`, () => db.send(put))) ? 'put' : 'exists';
    },
  };
}

/** Rows of `Delphi_JobQueue` by status, through its index; the oldest first. */
export const jobFinder = (db: DynamoDBDocumentClient, table: string): JobFinder => ({
  withStatus: (status, createdSince) =>
    queryAll(db, {
      TableName: table,
      IndexName: 'StatusCreatedIndex',
      KeyConditionExpression: createdSince ? '#status = :status AND created_at >= :since' : '#status = :status',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: { ':status': status, ...(createdSince ? { ':since': createdSince } : {}) },
    }),
});

function updateExpression(condition: RowCondition, set: Record<string, unknown>) {
  const names: Record<string, string> = { '#status': 'status', '#version': 'version' };
  const values: Record<string, unknown> = { ':was_status': condition.status, ':one': 1, ':zero': 0 };
  const sets = ['#version = if_not_exists(#version, :zero) + :one'];
  const removes: string[] = [];
  for (const [index, [name, value]] of Object.entries(set).entries()) {
    names[`#s${index}`] = name;
    if (value === undefined) removes.push(`#s${index}`);
    else {
      values[`:s${index}`] = value;
      sets.push(`#s${index} = :s${index}`);
    }
  }
  const holds = ['#status = :was_status'];
  if (typeof condition.version !== 'number') {
    // nothing can be added to it: it is put right
    sets[0] = '#version = :one';
    delete values[':zero'];
  }
  if (condition.version === undefined) holds.push('attribute_not_exists(#version)');
  else {
    holds.push('#version = :was_version');
    values[':was_version'] = condition.version;
  }
  if (condition.worker_id !== undefined) {
    names['#worker_id'] = 'worker_id';
    values[':was_worker_id'] = condition.worker_id;
    holds.push('#worker_id = :was_worker_id');
  }
  return {
    UpdateExpression: `SET ${sets.join(', ')}${removes.length > 0 ? ` REMOVE ${removes.join(', ')}` : ''}`,
    ConditionExpression: holds.join(' AND '),
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  };
}

/** Jobs under way, by the job table's `ConversationIndex`; only what names them is fetched. */
export const activeJobs = (db: DynamoDBDocumentClient, table: string): ActiveJobs => ({
  activeJobs: (conversationId, reportId) =>
    queryAll(db, {
      TableName: table,
      IndexName: 'ConversationIndex',
      KeyConditionExpression: 'conversation_id = :zid',
      FilterExpression: '#report = :report AND #type IN (:create, :awaiting) AND #status IN (:pending, :processing)',
      ProjectionExpression: 'job_id, batch_job_id',
      ExpressionAttributeNames: { '#report': 'report_id', '#type': 'job_type', '#status': 'status' },
      ExpressionAttributeValues: {
        ':zid': conversationId,
        ':report': reportId,
        ':create': CREATE_BATCH,
        ':awaiting': AWAITING_BATCH,
        ':pending': 'PENDING',
        ':processing': 'PROCESSING',
      },
      ScanIndexForward: false,
    }),
});

/** Lists of narrative jobs by the indexes of the job table, newest first, page by page as they are read, a moment late and not yet parsed. */
export interface JobLists {
  withStatus(status: string): AsyncIterable<Record<string, unknown>>;
  /** @param zid of the conversation, as a string */
  ofConversation(zid: string): AsyncIterable<Record<string, unknown>>;
}

export function jobLists(db: DynamoDBDocumentClient, table: string): JobLists {
  const list = (IndexName: string, attribute: string, value: string) => {
    const query: QueryCommandInput = {
      TableName: table,
      IndexName,
      KeyConditionExpression: '#key = :key',
      FilterExpression: '#type IN (:create, :awaiting)',
      ExpressionAttributeNames: { '#key': attribute, '#type': 'job_type' },
      ExpressionAttributeValues: { ':key': value, ':create': CREATE_BATCH, ':awaiting': AWAITING_BATCH },
      ScanIndexForward: false,
    };
    return queryAll(db, query);
  };
  return {
    withStatus: (status: string) => list('StatusCreatedIndex', 'status', status),
    ofConversation: (zid: string) => list('ConversationIndex', 'conversation_id', zid),
  };
}
