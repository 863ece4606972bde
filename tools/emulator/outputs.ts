import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { outputsSchema as allOutputs } from '../../cli/deployment.ts';
import { StoreUnavailable } from '../../lambdas/shared/errors.ts';
import { parseOr } from '../../lambdas/shared/parse.ts';

const outputsSchema = allOutputs.pick({
  StateMachineArn: true,
  DeadLetterQueueUrl: true,
  JobTableName: true,
  ReportsTableName: true,
  LedgerTableName: true,
  AnthropicSecretName: true,
  DatabaseSecretName: true,
});
export type Outputs = z.infer<typeof outputsSchema>;

const fileSchema = z.record(z.string(), z.record(z.string(), z.string()));

/** What `cdk deploy --outputs-file` wrote: the outputs of the narratives stack, and the API's address if there is one. */
export function readOutputs(file: string): { stack: string; outputs: Outputs; apiUrl: string | undefined } {
  const wrong = (line: string) => new StoreUnavailable(`the CDK's outputs are not as expected: ${line}`);
  const stacks = Object.entries(parseOr(fileSchema, JSON.parse(readFileSync(file, 'utf8')), wrong));
  const found = stacks.find(([, outputs]) => 'StateMachineArn' in outputs);
  if (!found) throw wrong('no stack names a StateMachineArn; were only some of the stacks deployed?');
  const apiUrl = stacks.flatMap(([, outputs]) => outputs.ApiUrl ?? []).at(0);
  return { stack: found[0], outputs: parseOr(outputsSchema, found[1], wrong), apiUrl };
}
