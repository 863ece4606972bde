import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { StoreUnavailable } from '../domain/errors.ts';
import type { Executions } from '../ports.ts';

/** Starts executions of one state machine. A name that was used before is a value, not an error. */
export const stepFunctions = (stateMachineArn: string, client = new SFNClient({ maxAttempts: 5 })): Executions => ({
  async start(name, input) {
    try {
      await client.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
      return 'started';
    } catch (error) {
      if (error instanceof ExecutionAlreadyExists) return 'already_started';
      throw new StoreUnavailable(`Step Functions could not start execution ${name}`, { cause: error });
    }
  },
});
