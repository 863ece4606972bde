import { stageOf, TABLE_NAMES } from '../../lib/names.ts';
import type { Emulator } from './emulator.ts';
import type { Outputs } from './outputs.ts';
import type { SecretState } from './polis-side.ts';

const STATE_WORDS: Record<SecretState['state'], string> = {
  created: 'created',
  updated: 'renewed',
  unchanged: 'there already',
  absent: 'NOT THERE',
};

/** What is deployed, and how a first job is put; no value of a secret is in it. */
export function nextSteps(found: {
  emulator: Emulator;
  stack: string;
  outputs: Outputs;
  apiUrl: string | undefined;
  made: readonly SecretState[];
  wasThere: boolean;
}): string {
  const { emulator, stack, outputs, apiUrl, made, wasThere } = found;
  const stage = stageOf(stack);
  const flags = `--endpoint-url ${emulator.url}${stage ? ` --stage ${stage}` : ''}`;
  const absent = made.filter(({ state }) => state === 'absent');
  return [
    '',
    wasThere ? `Updated ${stack}, which was there already.` : `Deployed ${stack}.`,
    `  state machine  ${outputs.StateMachineArn}`,
    `  tables         ${outputs.JobTableName}, ${outputs.ReportsTableName}, ${outputs.LedgerTableName}`,
    `  topic tables   ${TABLE_NAMES.topicNames}, ${TABLE_NAMES.clusterAssignments}, ${TABLE_NAMES.clusterKeywords}`,
    ...made.map(({ name, state }) => `  secret         ${name}: ${STATE_WORDS[state]}`),
    `  dead letters   ${outputs.DeadLetterQueueUrl}`,
    ...(apiUrl ? [`  HTTP API       ${apiUrl}`] : []),
    '',
    ...absent.map(({ name, variable }) => `Set ${variable} and run this again: it goes into the secret ${name}.`),
    'A first job, for a report that your Polis database knows:',
    `  npx narratives doctor ${flags}`,
    `  npx narratives submit REPORT_ID --watch ${flags}`,
  ].join('\n');
}
