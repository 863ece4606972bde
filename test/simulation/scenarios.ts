import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { serverJob } from '../../lambdas/job/put.ts';
import { batchRequest } from '../../lambdas/report/request.ts';
import { AWAITING_BATCH } from '../../lambdas/shared/job-row.ts';
import { answerKey, entry, globalSection, legacyCustomId, topicSection } from '../../lambdas/shared/names.ts';
import { STATE, TABLE_NAMES } from '../../lib/names.ts';
import { PLAIN } from '../support/old-request.ts';
import { allRows } from '../support/readers.ts';
import type { Row } from './invariants/left.ts';
import { OTHER_REPORT, type Polis } from './stores.ts';
import { MODEL, type SimulatedWorld } from './world.ts';

/** What happens in a run besides the faults, and how its jobs should end. */
export interface Scenario {
  name: string;
  about: string;
  /** Puts the jobs and arranges what happens to them. @returns their ids */
  begin(world: SimulatedWorld, polis: Polis, suffix: string): Promise<string[]>;
  ends: 'COMPLETED' | 'CANCELLED';
  /** How long a batch is processed; a few seconds where it is not given. */
  secondsPerBatch?: number;
  /** Claims are read back, in rounds of their own. */
  readBack?: true;
  /** How many sections are not bought, as their answers are known already; 0 where it is not given. */
  reuses?: number;
  /** How many answers all jobs together pay for, whichever of them does. */
  payOnce?: number;
  /** How many workers share the tables; absent: there is a deployment. */
  workers?: number;
  /** The batch was sent by the old pipeline: its custom ids are not ours. */
  legacy?: boolean;
}

/** Requests in one batch: the six sections make two batches of one size. */
export const BATCH_SIZE = 3;

/** Puts a job row as the server does; unless `changes` say otherwise, for the conversation's first report and all anew. */
export async function putJob(
  world: SimulatedWorld,
  { data }: Polis,
  suffix: string,
  changes: { report_id?: string; no_cache?: boolean } = {},
): Promise<string> {
  const asked = { report_id: data.report.report_id, conversation_id: String(data.conversation.zid), model: MODEL };
  const row = serverJob({ ...asked, max_batch_size: BATCH_SIZE, no_cache: true, ...changes }, world.now(), suffix);
  await putRow(world, row);
  return row.job_id;
}

export const putRow = ({ db }: SimulatedWorld, Item: Record<string, unknown>) =>
  db.send(new PutCommand({ TableName: TABLE_NAMES.jobs, Item }));

export const FOREIGN_MARK = 'another-system';

/** A batch of another system with as many requests as ours, which the list shows beside them. */
export async function putForeignBatch(world: SimulatedWorld): Promise<void> {
  const params = { model: MODEL, max_tokens: 16, messages: [{ role: 'user' as const, content: 'Hello' }] };
  const requests = Array.from({ length: BATCH_SIZE }, (_, n) => ({ custom_id: `${FOREIGN_MARK}-${n}`, params }));
  await world.putBatch(requests);
}

const one: Scenario = {
  name: 'one',
  about: 'one job: two batches of one size beside a foreign one, and a second round for one section',
  ends: 'COMPLETED',
  async begin(world, polis, suffix) {
    await putForeignBatch(world);
    world.standIn.script.result(({ custom_id }) => custom_id.endsWith('_1_0'), { kind: 'max_tokens' });
    return [await putJob(world, polis, `${suffix}0`)];
  },
};

const two: Scenario = {
  name: 'two',
  about: 'two jobs of the same second, all of their batches of one size, and a sweep while they are at work',
  ends: 'COMPLETED',
  async begin(world, polis, suffix) {
    const other = { report_id: OTHER_REPORT };
    world.onWait((state) => state === STATE.wait && sweepLate(world));
    return [await putJob(world, polis, `${suffix}0`), await putJob(world, polis, `${suffix}1`, other)];
  },
};

const forgotten: Scenario = {
  name: 'forgotten',
  about: 'one job whose stream record is lost, so that the sweep has to find it',
  ends: 'COMPLETED',
  async begin(world, polis, suffix) {
    world.streamIs('off');
    return [await putJob(world, polis, `${suffix}0`)];
  },
};

const offAndOn: Scenario = {
  name: 'off-and-on',
  about: 'two jobs: the stream is off when the first row is put, and on again for the second',
  ends: 'COMPLETED',
  async begin(world, polis, suffix) {
    world.streamIs('off');
    const first = await putJob(world, polis, `${suffix}0`);
    await world.settle();
    world.streamIs('on');
    return [first, await putJob(world, polis, `${suffix}1`, { report_id: OTHER_REPORT })];
  },
};

/** So late that the rows have not been written to for a while. */
async function sweepLate(world: SimulatedWorld): Promise<void> {
  await world.pass(600);
  await world.sweep();
}

const cancelled: Scenario = {
  name: 'cancelled',
  about: 'one job, cancelled by a bare change of its row while its batches are processed',
  ends: 'CANCELLED',
  // so that no fault delays the cancel beyond the end of the batch
  secondsPerBatch: 6 * 3600,
  async begin(world, polis, suffix) {
    await putForeignBatch(world);
    const jobId = await putJob(world, polis, `${suffix}0`);
    world.onWait((state) => state === STATE.wait && cancelRow(world, jobId));
    return [jobId];
  },
};

/** As somebody does who knows the table and not this project. */
export const cancelRow = ({ db }: SimulatedWorld, job_id: string) =>
  db.send(
    new UpdateCommand({
      TableName: TABLE_NAMES.jobs,
      Key: { job_id },
      UpdateExpression: 'SET #status = :cancelled',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: { ':cancelled': 'CANCELLED' },
    }),
  );

const GONE = 2;

const reused: Scenario = {
  name: 'reused',
  about: 'a second job of a report: four of six answers are known already, two are bought',
  ends: 'COMPLETED',
  reuses: 4,
  async begin(world, polis, suffix) {
    // what an earlier run on these tables bought would be used as well
    await forgetAnswers(world);
    const first = await world.undisturbed(async () => {
      const jobId = await putJob(world, polis, `${suffix}0`);
      await world.settle();
      return jobId;
    });
    const sections = (await allRows(world.db, TABLE_NAMES.ledger)).filter(
      ({ job_id, entry: key }) => job_id === first && String(key).startsWith(entry.sections),
    );
    await forgetAnswers(world, sections.slice(0, GONE));
    return [await putJob(world, polis, `${suffix}1`, { no_cache: false })];
  },
};

/** Lets the ledger forget known answers: those of some sections, or all. */
async function forgetAnswers({ db }: SimulatedWorld, sections?: readonly Row[]): Promise<void> {
  const known = (await allRows(db, TABLE_NAMES.ledger)).filter(({ job_id }) => String(job_id).startsWith('answer:'));
  const keys = sections?.map(({ prompt_hash }) => answerKey(String(prompt_hash))) ?? known;
  for (const { job_id, entry: range } of keys)
    await db.send(new DeleteCommand({ TableName: TABLE_NAMES.ledger, Key: { job_id, entry: range } }));
}

/** Sections of the report of these runs. */
const SECTIONS = 6;

const twice: Scenario = {
  name: 'twice',
  about: 'two jobs of one report at once: the later one waits, and has the answers of the earlier one',
  ends: 'COMPLETED',
  payOnce: SECTIONS,
  async begin(world, polis, suffix) {
    await forgetAnswers(world);
    const cached = { no_cache: false };
    return [await putJob(world, polis, `${suffix}0`, cached), await putJob(world, polis, `${suffix}1`, cached)];
  },
};

const proven: Scenario = {
  name: 'proven',
  about: 'one job whose claims are read back: a section without claims is asked again, and one is misread',
  ends: 'COMPLETED',
  readBack: true,
  async begin(world, polis, suffix) {
    const { script } = world.standIn;
    script.result(({ custom_id }) => custom_id.endsWith('_1_0'), { kind: 'lie', lie: 'no_claim' });
    script.result(({ custom_id }) => custom_id.endsWith('_2_3'), { kind: 'misread' });
    return [await putJob(world, polis, `${suffix}0`)];
  },
};

const adopted: Scenario = {
  name: 'adopted',
  about: 'a batch that the old pipeline sent, and left in a PENDING row to be watched',
  ends: 'COMPLETED',
  legacy: true,
  async begin(world, { data }, suffix) {
    const zid = String(data.conversation.zid);
    const { report_id } = data.report;
    const sender = serverJob({ report_id, conversation_id: zid, model: MODEL }, world.now(), `${suffix}0`);
    const sections = [topicSection(data.topicNames[0]?.topic_key ?? ''), globalSection(sender.job_id, 'groups')];
    const requests = sections.map((section) =>
      batchRequest({ customId: legacyCustomId(zid, section), model: MODEL, maxTokens: 8_000, ...PLAIN }),
    );
    const batch_id = await world.putBatch(requests);
    const held = { status: 'PROCESSING', worker_id: 'python-1', version: 4, batch_id, model: MODEL };
    await putRow(world, { ...sender, ...held });
    const job_id = `batch_check_${sender.job_id}_1700000100`;
    const waiting = { job_id, job_type: AWAITING_BATCH, batch_id, batch_job_id: sender.job_id };
    await putRow(world, { ...sender, ...waiting, job_config: '{}' });
    return [job_id];
  },
};

const anew: Scenario = {
  name: 'anew',
  about: 'the job table is made anew while a batch is processed, and the report is ordered again when nothing runs',
  ends: 'COMPLETED',
  payOnce: SECTIONS,
  async begin(world, polis, suffix) {
    await forgetAnswers(world);
    const cached = { no_cache: false };
    const first = await putJob(world, polis, `${suffix}0`, cached);
    world.onWait((state) => state === STATE.wait && deleteJob(world, first));
    await world.settle();
    return [await putJob(world, polis, `${suffix}1`, cached)];
  },
};

/** Deletes what the job table has of a job. */
async function deleteJob({ db }: SimulatedWorld, jobId: string): Promise<void> {
  for (const { job_id, batch_job_id } of await allRows(db, TABLE_NAMES.jobs))
    if (job_id === jobId || batch_job_id === jobId)
      await db.send(new DeleteCommand({ TableName: TABLE_NAMES.jobs, Key: { job_id } }));
}

/** Some of these in workers, which may be killed, stand still for longer than their lease lasts, or be told to stop. */
const inWorkers = (scenario: Scenario, workers: number, name: string): Scenario => ({
  ...scenario,
  name,
  about: `${scenario.about}; ${workers === 1 ? 'a worker runs it' : `${workers} workers share the tables`}`,
  workers,
});

export const SCENARIOS: readonly Scenario[] = [
  ...[one, two, twice, proven, forgotten, cancelled, reused, adopted, anew],
  inWorkers(one, 1, 'worker'),
  inWorkers(two, 2, 'workers'),
  inWorkers(cancelled, 2, 'workers-cancelled'),
  inWorkers(adopted, 2, 'workers-adopted'),
  inWorkers(forgotten, 2, 'workers-forgotten'),
  inWorkers(offAndOn, 2, 'workers-off-and-on'),
  inWorkers(anew, 2, 'workers-anew'),
];

/** @throws Error for a name that none has */
export function scenarioOf(name: string): Scenario {
  const scenario = SCENARIOS.find((known) => known.name === name);
  if (!scenario) throw new Error(`there is no scenario ${name}: ${SCENARIOS.map((known) => known.name).join(', ')}`);
  return scenario;
}
