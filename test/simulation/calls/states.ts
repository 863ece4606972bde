import {
  type DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  type SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { LocalStateMachine } from '../../../local/machine/local-machine.ts';
import type { Gate } from '../gate.ts';

/** Step Functions as its client sees it, over the local state machine; every call passes the gate. */
export function gatedStepFunctions(machine: () => LocalStateMachine, gate: () => Gate): SFNClient {
  const send = (command: unknown) => {
    const starts = command instanceof StartExecutionCommand;
    return gate().pass({
      service: 'states',
      what: starts ? 'StartExecution' : 'DescribeExecution',
      effect: async () =>
        starts ? start(machine(), command) : describe(machine(), command as DescribeExecutionCommand),
      fail: (kind) => {
        throw Object.assign(new Error('simulated'), { name: NAMES[kind] });
      },
    });
  };
  return { send } as unknown as SFNClient;
}

const NAMES = { error: 'ServiceUnavailable', timeout: 'TimeoutError', throttle: 'ThrottlingException' } as const;

function start(machine: LocalStateMachine, { input }: StartExecutionCommand) {
  const answer = machine.start(input.name ?? '', JSON.parse(input.input ?? '{}'));
  if (answer === 'already_started') throw new ExecutionAlreadyExists({ message: 'exists', $metadata: {} });
  return {};
}

function describe(machine: LocalStateMachine, { input }: DescribeExecutionCommand) {
  const state = machine.status(input.executionArn?.split(':').at(-1) ?? '');
  if (!state) throw new ExecutionDoesNotExist({ message: 'does not exist', $metadata: {} });
  return { status: state.status };
}
