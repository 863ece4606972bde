import Anthropic from '@anthropic-ai/sdk';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { serverJob } from '../../lambdas/domain/new-job-row.ts';
import { TABLE_NAMES } from '../../lib/contract.ts';
import { OTHER_REPORT, type Polis } from './site.ts';
import { MODEL, type SimulatedWorld } from './world.ts';

/** What happens in a run besides the faults, and how its jobs should end. */
export interface Scenario {
  name: string;
  about: string;
  /** Puts the jobs and arranges what happens to them. @returns their ids */
  begin(world: SimulatedWorld, polis: Polis, suffix: string): Promise<string[]>;
  ends: 'COMPLETED' | 'CANCELLED';
}

/** Requests in one batch: the six sections make two batches of one size. */
const BATCH_SIZE = 3;

async function putJob(
  world: SimulatedWorld,
  { data }: Polis,
  suffix: string,
  report_id = data.report.report_id,
): Promise<string> {
  const asked = { report_id, conversation_id: String(data.conversation.zid), model: MODEL };
  const row = serverJob({ ...asked, max_batch_size: BATCH_SIZE, no_cache: true }, world.now(), suffix);
  await world.db.send(new PutCommand({ TableName: TABLE_NAMES.jobs, Item: row }));
  return row.job_id;
}

export const FOREIGN_MARK = 'another-system';
/** A batch of another system with as many requests as ours, which the list shows beside them. */
async function putForeignBatch({ standIn }: SimulatedWorld): Promise<void> {
  const api = new Anthropic({ apiKey: 'key', baseURL: standIn.url });
  const params = { model: MODEL, max_tokens: 16, messages: [{ role: 'user' as const, content: 'Hello' }] };
  const requests = Array.from({ length: BATCH_SIZE }, (_, n) => ({ custom_id: `${FOREIGN_MARK}-${n}`, params }));
  await api.messages.batches.create({ requests });
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
  about: 'two jobs of the same second with batches of one size',
  ends: 'COMPLETED',
  async begin(world, polis, suffix) {
    return [await putJob(world, polis, `${suffix}0`), await putJob(world, polis, `${suffix}1`, OTHER_REPORT)];
  },
};

export const SCENARIOS: readonly Scenario[] = [one, two];
