import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { StoreUnavailable } from '../domain/errors.ts';
import { executionArn } from '../domain/keys.ts';
import type { ExecutionStatuses, Executions } from '../ports.ts';

/**
 * Starts and looks up executions of one state machine. A name that was used before, and one that there is no execution
 * of, are values, not errors.
 */
export const stepFunctions = (
  stateMachineArn: string,
  client = new SFNClient({ maxAttempts: 5 }),
): Executions & ExecutionStatuses => ({
  async start(name, input) {
    try {
      await client.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
      return 'started';
    } catch (error) {
      if (error instanceof ExecutionAlreadyExists) return 'already_started';
      throw new StoreUnavailable(`Step Functions could not start execution ${name}`, { cause: error });
    }
  },
  async status(name) {
    const arn = executionArn(stateMachineArn, name);
    try {
      return (await client.send(new DescribeExecutionCommand({ executionArn: arn }))).status ?? 'unknown';
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) return 'unknown';
      throw new StoreUnavailable(`Step Functions could not describe execution ${name}`, { cause: error });
    }
  },
});
