import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  GetExecutionHistoryCommand,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { executionArn } from '../lambdas/shared/names.ts';
import { jsonOrUndefined } from '../lambdas/shared/parse.ts';
import type { Deployment } from './deployment.ts';

/** Where an execution stands. */
export interface ExecutionNow {
  name: string;
  /** RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED, PENDING_REDRIVE */
  status: string;
  /** the state it entered last, by the name in the console */
  state: string | undefined;
  /** round of asking; undefined before the first */
  round: number | undefined;
}

export interface ExecutionLookup {
  /** @returns undefined when there is none of this name, or no longer */
  now(name: string): Promise<ExecutionNow | undefined>;
}

/** Events looked at, newest first; a state that is entered is never further back than a task's own events. */
const EVENTS = 25;
const handOffSchema = z.object({ round: z.number().int().positive() });

/** Executions of a deployment's state machine, as Step Functions tells of them. */
export const executionLookup = (client: SFNClient, deployment: Deployment): ExecutionLookup => ({
  async now(name) {
    const arn = executionArn(deployment.StateMachineArn, name);
    try {
      const { status = 'unknown' } = await client.send(new DescribeExecutionCommand({ executionArn: arn }));
      const history = new GetExecutionHistoryCommand({ executionArn: arn, reverseOrder: true, maxResults: EVENTS });
      const { events = [] } = await client.send(history);
      const entered = events
        .toSorted((a, b) => (b.id ?? 0) - (a.id ?? 0))
        .find(({ stateEnteredEventDetails }) => stateEnteredEventDetails)?.stateEnteredEventDetails;
      const handOff = handOffSchema.safeParse(jsonOrUndefined(entered?.input ?? ''));
      return { name, status, state: entered?.name, round: handOff.data?.round };
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) return undefined;
      throw error;
    }
  },
});
