import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { executionArn } from '../shared/names.ts';
import { awsTrouble } from './aws-trouble.ts';

export interface Executions {
  start(name: string, input: unknown): Promise<'started' | 'already_started'>;
}

/** The status of an execution; `unknown`: no execution has this name, or it no longer exists. */
export type ExecutionStatus =
  | 'RUNNING'
  | 'SUCCEEDED'
  | 'FAILED'
  | 'TIMED_OUT'
  | 'ABORTED'
  | 'PENDING_REDRIVE'
  | 'unknown';

export interface ExecutionStatuses {
  status(name: string): Promise<ExecutionStatus>;
}

/**
 * Starts and looks up executions of one state machine. A name that was used before, and one that there is no execution
 * of, are values, not errors. What may pass is StoreUnavailable; what would be refused again is the SDK's own error.
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
      throw awsTrouble(`Step Functions could not start execution ${name}`, error);
    }
  },
  async status(name) {
    const arn = executionArn(stateMachineArn, name);
    try {
      return (await client.send(new DescribeExecutionCommand({ executionArn: arn }))).status ?? 'unknown';
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) return 'unknown';
      throw awsTrouble(`Step Functions could not describe execution ${name}`, error);
    }
  },
});
