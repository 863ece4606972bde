import Anthropic from '@anthropic-ai/sdk';
import { serverJob } from '../../../lambdas/job/new-row.ts';
import { batchRequest } from '../../../lambdas/report/prompt/request.ts';
import { AWAITING_BATCH } from '../../../lambdas/shared/job-row.ts';
import { globalSection, legacyCustomId, topicSection } from '../../../lambdas/shared/names.ts';
import type { Scenario } from '../scenario.ts';
import { MODEL } from '../times.ts';
import { putRow } from './put.ts';

const PROMPT =
  'Section: x\n<comments columns="id | all: votes agrees disagrees passes | A: votes agrees disagrees passes | text">\n0|9 6 2 1|9 6 2 1|words\n</comments>';

export const adopted: Scenario = {
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
      batchRequest({ customId: legacyCustomId(zid, section), model: MODEL, maxTokens: 8_000, prompt: PROMPT }),
    );
    const api = new Anthropic({ apiKey: 'key', baseURL: world.standIn.url });
    const { id: batch_id } = await api.messages.batches.create({ requests });
    const held = { status: 'PROCESSING', worker_id: 'python-1', version: 4, batch_id, model: MODEL };
    await putRow(world, { ...sender, ...held });
    const job_id = `batch_check_${sender.job_id}_1700000100`;
    const waiting = { job_id, job_type: AWAITING_BATCH, batch_id, batch_job_id: sender.job_id };
    await putRow(world, { ...sender, ...waiting, job_config: '{}' });
    return [job_id];
  },
};
