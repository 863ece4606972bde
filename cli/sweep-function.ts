import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import { jsonOrUndefined, parseOr } from '../lambdas/shared/parse.ts';
import type { SweepResult } from './commands/sweep.ts';
import { AwsRefused } from './errors.ts';

const resultSchema = z.record(z.string(), z.unknown());
const errorSchema = z.object({ errorType: z.string().default('Error'), errorMessage: z.string().default('') });

/** Runs the sweep function and waits for its answer. @throws AwsRefused with what the function failed with */
export async function invokeSweep(client: Pick<LambdaClient, 'send'>, name: string): Promise<SweepResult> {
  const { FunctionError, Payload } = await client.send(new InvokeCommand({ FunctionName: name, Payload: '{}' }));
  const answer = jsonOrUndefined(Buffer.from(Payload ?? []).toString());
  if (FunctionError) {
    const { errorType, errorMessage } = errorSchema.parse(answer ?? {});
    throw new AwsRefused(`the sweep function ${name} failed (${errorType}: ${errorMessage}): look into its log`);
  }
  return parseOr(
    resultSchema,
    answer,
    () => new AwsRefused(`the sweep function ${name} gave no result: it is of another version, deploy again`),
  );
}
