import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { AWAITING_BATCH, CREATE_BATCH } from '../../../lambdas/shared/job-row.ts';
import { legacyCustomId, ridSectionModel } from '../../../lambdas/shared/names.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { type MemoryApi, MODEL } from '../../support/memory/world.ts';
import { SECTIONS, ZID } from '../../support/small-conversation.ts';

type Row = Record<string, unknown> & { job_id: string; version: number };

const LOCK_MS = 15 * 60_000;
const TableName = TABLE_NAMES.jobs;

interface Parts {
  worker: string;
  db: DynamoDBDocumentClient;
  api: MemoryApi;
  /** a call of the API, at a moment of its own */
  call: <T>(act: () => T) => Promise<T>;
  now: () => number;
}

/**
 * The Python poller that this project replaces, by the facts of what it reads and writes: it looks through the index for
 * PENDING and AWAITING_RECHECK rows of any type, and for PROCESSING rows whose lock has run out; it claims one if its
 * version is the one it read; what it writes while at work has no condition, and its end has the version it claimed.
 */
export class OldPoller {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Looks for one job and works on it. @returns whether it found one, be it that another was faster */
  async poll(): Promise<boolean> {
    const found = await this.#find();
    const claimed = found && (await this.#claim(found));
    if (claimed) await this.#work(claimed);
    return found !== undefined;
  }

  async #find(): Promise<Row | undefined> {
    const [pending, again, processing] = [
      await this.#withStatus('PENDING'),
      await this.#withStatus('AWAITING_RECHECK'),
      await this.#withStatus('PROCESSING'),
    ];
    const stuck = processing.filter(({ lock_expires_at }) => String(lock_expires_at ?? 'z') < this.#time());
    const first = (row: Row) => `${row.status === 'PENDING' ? 0 : 1}${row.created_at ?? ''}`;
    return [...pending, ...again, ...stuck].sort((a, b) => (first(a) < first(b) ? -1 : 1))[0];
  }

  async #withStatus(status: string): Promise<Row[]> {
    const query = new QueryCommand({
      TableName,
      IndexName: 'StatusCreatedIndex',
      KeyConditionExpression: '#status = :status',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: { ':status': status },
    });
    return ((await this.#parts.db.send(query)).Items ?? []) as Row[];
  }

  async #claim({ job_id, version = 1 }: Row): Promise<Row | undefined> {
    const free = '#status = :pending OR #status = :again OR (attribute_exists(#lock) AND #lock < :now)';
    const claim = new UpdateCommand({
      TableName,
      Key: { job_id },
      UpdateExpression: 'SET #status = :processing, #started = :now, #lock = :until, #version = :next, #worker = :me',
      ConditionExpression: `(${free}) AND #version = :version`,
      ExpressionAttributeNames: {
        '#status': 'status',
        '#started': 'started_at',
        '#lock': 'lock_expires_at',
        '#version': 'version',
        '#worker': 'worker_id',
      },
      ExpressionAttributeValues: {
        ':pending': 'PENDING',
        ':again': 'AWAITING_RECHECK',
        ':processing': 'PROCESSING',
        ':now': this.#time(),
        ':until': this.#time(LOCK_MS),
        ':version': version,
        ':next': version + 1,
        ':me': this.#parts.worker,
      },
      ReturnValues: 'ALL_NEW',
    });
    return this.#parts.db.send(claim).then(
      ({ Attributes }) => Attributes as Row,
      (error: unknown) => {
        if (error instanceof ConditionalCheckFailedException) return undefined;
        throw error;
      },
    );
  }

  async #work(job: Row): Promise<void> {
    await this.#set(job.job_id, { logs: '{"entries":[{"message":"old poller"}]}', updated_at: this.#time() });
    if (job.job_type === CREATE_BATCH) await this.#submit(job);
    if (job.job_type !== AWAITING_BATCH) return this.#end(job);
    if ((await this.#check(job)) === 'in progress') return this.#again(job);
    return this.#end(job);
  }

  /** Sends a batch, names it on the row, and puts a row that waits for it. */
  async #submit({ job_id, report_id }: Row): Promise<void> {
    const { api, call, worker, db } = this.#parts;
    const requests = SECTIONS.map((section) => ({ custom_id: legacyCustomId(ZID, section), cites: 0 }));
    const { id } = await call(() => api.create(worker, requests));
    await this.#set(job_id, { batch_id: id, status: 'PROCESSING', model: MODEL });
    await db.send(new GetCommand({ TableName, Key: { job_id } }));
    const created_at = this.#time();
    const Item = {
      job_id: `batch_check_${job_id}_${Math.floor(this.#parts.now() / 1000)}`,
      status: 'PENDING',
      job_type: AWAITING_BATCH,
      batch_job_id: job_id,
      batch_id: id,
      conversation_id: ZID,
      report_id,
      created_at,
      updated_at: created_at,
      priority: 50,
      version: 1,
      logs: '{"entries":[]}',
    };
    await db.send(new PutCommand({ TableName, Item }));
  }

  /** Asks about the batch of the job that sent it; one that has ended is stored, and that job closed. */
  async #check({ batch_job_id }: Row): Promise<'in progress' | 'ended'> {
    const { api, call, db } = this.#parts;
    const { Item = {} } = await db.send(new GetCommand({ TableName, Key: { job_id: batch_job_id } }));
    const { batch_id, report_id, job_id } = Item;
    const { processing_status } = await call(() => api.status(String(batch_id)));
    if (processing_status !== 'ended') return 'in progress';
    for await (const bytes of api.results(String(batch_id))) {
      const section = JSON.parse(Buffer.from(bytes).toString()).custom_id.slice(ZID.length + 1);
      const rid_section_model = ridSectionModel(String(report_id), section, MODEL);
      const row = { rid_section_model, timestamp: this.#time(), report_id, section, model: MODEL, job_id, batch_id };
      await db.send(new PutCommand({ TableName: TABLE_NAMES.reports, Item: { ...row, report_data: '{}' } }));
    }
    const end = { status: 'COMPLETED', completed_at: this.#time(), process_exit_confirmed: true };
    await this.#set(String(batch_job_id), end);
    return 'ended';
  }

  async #again({ job_id }: Row): Promise<void> {
    await this.#set(job_id, { status: 'AWAITING_RECHECK' }, ' REMOVE lock_expires_at');
  }

  async #end({ job_id, version }: Row): Promise<void> {
    const end = { status: 'COMPLETED', updated_at: this.#time(), completed_at: this.#time(), version: version + 1 };
    await this.#set(job_id, end, '', version).catch((error: unknown) => {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    });
  }

  async #set(job_id: string, set: Record<string, unknown>, more = '', version?: number): Promise<void> {
    const names = Object.keys(set);
    const update = new UpdateCommand({
      TableName,
      Key: { job_id },
      UpdateExpression: `SET ${names.map((_, index) => `#n${index} = :v${index}`).join(', ')}${more}`,
      ExpressionAttributeNames: Object.fromEntries(names.map((name, index) => [`#n${index}`, name])),
      ExpressionAttributeValues: {
        ...Object.fromEntries(names.map((name, index) => [`:v${index}`, set[name]])),
        ...(version === undefined ? {} : { ':version': version }),
      },
      ...(version === undefined ? {} : { ConditionExpression: 'version = :version' }),
    });
    await this.#parts.db.send(update);
  }

  /** As Python writes it. */
  #time = (later = 0): string => new Date(this.#parts.now() + later).toISOString().replace('Z', '000+00:00');
}
