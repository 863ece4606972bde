import Anthropic from '@anthropic-ai/sdk';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { serverJob } from '../../../lambdas/job/new-row.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import type { Polis } from '../site.ts';
import { MODEL } from '../times.ts';
import type { SimulatedWorld } from '../world.ts';

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
export async function putForeignBatch({ standIn }: SimulatedWorld): Promise<void> {
  const api = new Anthropic({ apiKey: 'key', baseURL: standIn.url });
  const params = { model: MODEL, max_tokens: 16, messages: [{ role: 'user' as const, content: 'Hello' }] };
  const requests = Array.from({ length: BATCH_SIZE }, (_, n) => ({ custom_id: `${FOREIGN_MARK}-${n}`, params }));
  await api.messages.batches.create({ requests });
}
