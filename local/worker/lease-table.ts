import { DeleteCommand, type DynamoDBDocumentClient, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { InvalidRow } from '../../lambdas/shared/errors.ts';
import { ledgerExpiry } from '../../lambdas/shared/ledger-rows.ts';
import { parseOr } from '../../lambdas/shared/parse.ts';
import { conditionally, queryAll, readRow, stored } from '../../lambdas/stores/dynamodb.ts';

/** How an execution that some worker runs stands, and how one ended. */
const STATUSES = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT'] as const;

const runSchema = z.object({
  /** the lease of the worker that runs it, or ran it last */
  worker: z.string(),
  status: z.enum(STATUSES),
  /** what it was first started with */
  input: z.object({ job_id: z.string(), job_type: z.string(), version: z.number(), execution: z.string() }),
  /** the rounds that it has come to */
  round: z.number().int().nonnegative().default(0),
  first_round: z.number().int().positive().default(1),
  /** ISO 8601, of its very first start */
  started_at: z.string(),
});
/** An execution in the ledger: hash `execution:{name}`, range `run`. */
export type RunRow = z.infer<typeof runSchema>;

const leaseSchema = z.object({ renewals: z.number() });

/** Which worker runs which execution. The rows are in the ledger's table; what changes one says whose it was. */
export interface LeaseTable {
  /** Puts the row of a new lease. */
  open(worker: string, now: Date): Promise<void>;
  /** Counts one more renewal. @returns false when somebody has taken the row away: the lease is over */
  renew(worker: string, now: Date): Promise<boolean>;
  /** How often a lease was renewed; undefined: it is over. */
  renewals(worker: string): Promise<number | undefined>;
  /** Ends a lease. @param renewals of a lease of another: only if it was not renewed since */
  close(worker: string, renewals?: number): Promise<void>;

  run(name: string): Promise<RunRow | undefined>;
  /** Names of the executions that have not ended, and of a few whose end has only just been noted. */
  openRuns(): Promise<string[]>;
  /** Puts an execution unless there is one of this name. @returns false when there is */
  start(name: string, run: RunRow, now: Date): Promise<boolean>;
  /** Takes a running execution from a worker whose lease is over. @returns false when another was faster, or it has ended */
  takeOver(name: string, from: string, to: string): Promise<boolean>;
  /** Notes how far an execution has come. @returns false when it is no longer this worker's */
  note(name: string, worker: string, what: Pick<RunRow, 'round' | 'first_round'>): Promise<boolean>;
  /** Notes how an execution ended. @returns false when it is no longer this worker's */
  end(name: string, worker: string, status: RunRow['status']): Promise<boolean>;
  /** Leaves an execution that has ended out of the open ones. */
  leave(name: string): Promise<void>;
}

const leaseKey = (worker: string) => ({ job_id: `worker:${worker}`, entry: 'lease' });
const runKey = (name: string) => ({ job_id: `execution:${name}`, entry: 'run' });
/** What is open is found in one place, whatever becomes of the rows of jobs; it is put first, and deleted last. */
const openKey = (name: string) => ({ job_id: 'open-executions', entry: name });
/** A lease that nobody has closed is of no use after a day. */
const LEASE_DAYS = 1;

/** @param days how long an execution is kept; its name must not be used twice */
export function leaseTable(db: DynamoDBDocumentClient, table: string, days: number): LeaseTable {
  const change = (Key: Record<string, string>, condition: Record<string, unknown>, set: Record<string, unknown>) => {
    const wanted = Object.entries(condition).map(([name, value], at) => ({ name, value, at: `c${at}` }));
    const sets = Object.entries(set).map(([name, value], at) => ({ name, value, at: `s${at}` }));
    const command = new UpdateCommand({
      TableName: table,
      Key,
      UpdateExpression: `SET ${sets.map(({ at }) => `#${at} = :${at}`).join(', ')}`,
      ConditionExpression: wanted.map(({ at }) => `#${at} = :${at}`).join(' AND '),
      ExpressionAttributeNames: Object.fromEntries([...wanted, ...sets].map(({ name, at }) => [`#${at}`, name])),
      ExpressionAttributeValues: Object.fromEntries([...wanted, ...sets].map(({ value, at }) => [`:${at}`, value])),
    });
    return conditionally(`write ${table}`, () => db.send(command));
  };
  return {
    async open(worker, now) {
      const Item = { ...leaseKey(worker), renewals: 0, expires_at_epoch: ledgerExpiry(now, LEASE_DAYS) };
      await stored(`write ${table}`, () => db.send(new PutCommand({ TableName: table, Item })));
    },
    renew(worker, now) {
      const command = new UpdateCommand({
        TableName: table,
        Key: leaseKey(worker),
        UpdateExpression: 'SET renewals = renewals + :one, expires_at_epoch = :expires',
        ConditionExpression: 'attribute_exists(job_id)',
        ExpressionAttributeValues: { ':one': 1, ':expires': ledgerExpiry(now, LEASE_DAYS) },
      });
      return conditionally(`write ${table}`, () => db.send(command));
    },
    async renewals(worker) {
      return leaseSchema.safeParse(await readRow(db, table, leaseKey(worker))).data?.renewals;
    },
    async close(worker, renewals) {
      const unchanged = {
        ConditionExpression: 'renewals = :renewals',
        ExpressionAttributeValues: { ':renewals': renewals },
      };
      const command = new DeleteCommand({
        TableName: table,
        Key: leaseKey(worker),
        ...(renewals === undefined ? {} : unchanged),
      });
      await conditionally(`write ${table}`, () => db.send(command));
    },
    async run(name) {
      const row = await readRow(db, table, runKey(name));
      const fail = (line: string) => new InvalidRow(`ledger row ${runKey(name).job_id}: ${line}; delete the row`);
      return row && parseOr(runSchema, row, fail);
    },
    async openRuns() {
      const query = {
        TableName: table,
        KeyConditionExpression: 'job_id = :open',
        ExpressionAttributeValues: { ':open': openKey('').job_id },
        ConsistentRead: true,
      };
      const names: string[] = [];
      for await (const { entry } of queryAll(db, query)) names.push(String(entry));
      return names;
    },
    async start(name, run, now) {
      const open = { ...openKey(name), expires_at_epoch: ledgerExpiry(now, days) };
      await stored(`write ${table}`, () => db.send(new PutCommand({ TableName: table, Item: open })));
      const Item = { ...runKey(name), ...run, expires_at_epoch: ledgerExpiry(now, days) };
      const command = new PutCommand({
        TableName: table,
        Item,
        ConditionExpression: 'attribute_not_exists(job_id)',
      });
      return conditionally(`write ${table}`, () => db.send(command));
    },
    takeOver: (name, from, to) => change(runKey(name), { worker: from, status: 'RUNNING' }, { worker: to }),
    note: (name, worker, what) => change(runKey(name), { worker, status: 'RUNNING' }, what),
    end: (name, worker, status) => change(runKey(name), { worker, status: 'RUNNING' }, { status }),
    async leave(name) {
      const command = new DeleteCommand({ TableName: table, Key: openKey(name) });
      await stored(`write ${table}`, () => db.send(command));
    },
  };
}
