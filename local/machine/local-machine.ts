import { setTimeout as sleep } from 'node:timers/promises';
import { type RunOptions, StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { callAsLambda, localDefinition, type Step, waitSeconds } from './asl.ts';
import {
  type Execution,
  type ExecutionStatus,
  endOf,
  type MachineEvent,
  toMachineEvent,
  unlessAborted,
} from './execution.ts';

export interface LocalStateMachineOptions {
  definition: StateMachineDefinition;
  /** Which step each Task state calls, and the steps themselves. */
  stepOfState: Readonly<Record<string, string>>;
  steps: Readonly<Record<string, Step>>;
  /** 0..1, shortens Wait states; 1 keeps the template's times. */
  waitScale?: number;
  /** 0..1, shortens the pauses between retries. */
  retryScale?: number;
  /** How a Wait state passes its time, in place of a timer; rejects when it is aborted. For simulations. */
  pause?: (seconds: number, aborted: AbortSignal) => Promise<unknown>;
  /** Forgets executions that have ended, and keeps no history: for a process that runs for months. */
  forgetful?: boolean;
  onEvent?: (execution: string, event: MachineEvent) => void;
}

type Run = ReturnType<StateMachine['run']>;
type Handlers = NonNullable<NonNullable<RunOptions['overrides']>['taskResourceLocalHandlers']>;

/**
 * Runs the template's own state machine in this process, with functions for the Lambda functions. Names of executions
 * are kept for as long as this object lives, unless it is forgetful.
 */
export class LocalStateMachine {
  readonly #options: LocalStateMachineOptions;
  readonly #machine: StateMachine;
  readonly #executions = new Map<string, Execution>();

  /** @throws Error when a Task state has no step */
  constructor(options: LocalStateMachineOptions) {
    this.#options = options;
    const local = localDefinition(options.definition, options.retryScale ?? 1);
    // the library takes a third of a second to validate, and would not pass a Wait that is a Task here: a test does it
    this.#machine = new StateMachine(local, { validationOptions: { noValidate: true } });
    for (const [name, { Type }] of Object.entries(options.definition.States)) if (Type === 'Task') this.#stepFor(name);
  }

  /**
   * Starts an execution as Step Functions does: the same name and input while it runs is the same execution.
   * @returns already_started when the name was used before, with another input or by a run that has ended
   */
  start(name: string, input: unknown): 'started' | 'already_started' {
    const inputJson = JSON.stringify(input);
    const known = this.#executions.get(name);
    if (known) return known.state.status === 'RUNNING' && known.inputJson === inputJson ? 'started' : 'already_started';
    const aborted = new AbortController();
    const run = this.#machine.run(JSON.parse(inputJson), {
      overrides: { taskResourceLocalHandlers: this.#handlers(aborted.signal) },
      noThrowOnAbort: true,
    });
    const execution: Execution = {
      name,
      inputJson,
      events: [],
      aborted,
      state: { status: 'RUNNING' },
      stop: run.abort,
      finished: Promise.resolve(),
    };
    this.#executions.set(name, execution);
    execution.finished = this.#follow(execution, run);
    return 'started';
  }

  /** Resolves when no execution is running, including those started in the meantime. */
  async idle(): Promise<void> {
    for (;;) {
      const running = [...this.#executions.values()].filter(({ state }) => state.status === 'RUNNING');
      if (running.length === 0) return;
      await Promise.all(running.map(({ finished }) => finished));
    }
  }

  /** Names of all executions, oldest first. */
  names(): string[] {
    return [...this.#executions.keys()];
  }

  /** What has happened in an execution so far; empty for an unknown name. */
  history(name: string): readonly MachineEvent[] {
    return this.#executions.get(name)?.events ?? [];
  }

  /** @returns undefined for an unknown name */
  status(name: string): ExecutionStatus | undefined {
    return this.#executions.get(name)?.state;
  }

  /** Stops an execution; a running step ends by itself, and its result is dropped. */
  abort(name: string): void {
    const execution = this.#executions.get(name);
    execution?.stop();
    execution?.aborted.abort();
    if (this.#options.forgetful) this.#executions.delete(name);
  }

  async #follow(execution: Execution, run: Run): Promise<void> {
    // The event log says how the run ended; the promise is only kept from being an unhandled rejection.
    run.result.catch(() => {});
    for await (const logged of run.eventLogs) {
      const event = toMachineEvent(logged, this.#options.definition);
      if (!this.#options.forgetful) execution.events.push(event);
      execution.state = endOf(event) ?? execution.state;
      if (execution.state.status !== 'RUNNING') this.#forget(execution);
      this.#tell(execution.name, event);
    }
    // After the machine's own time-out a step may still run or a Wait still pause.
    execution.aborted.abort();
  }

  /** One of the same name may have been started since. */
  #forget(execution: Execution): void {
    if (this.#options.forgetful && this.#executions.get(execution.name) === execution)
      this.#executions.delete(execution.name);
  }

  /** An error of a listener is printed, but does not stop the execution. */
  #tell(name: string, event: MachineEvent): void {
    try {
      this.#options.onEvent?.(name, event);
    } catch (error) {
      console.error('a listener to the state machine failed:', error);
    }
  }

  #handlers(aborted: AbortSignal): Handlers {
    const scale = this.#options.waitScale ?? 1;
    const handlers = Object.entries(this.#options.definition.States).flatMap(([name, state]) => {
      if (state.Type === 'Task') {
        const step = this.#stepFor(name);
        return [[name, (input: unknown) => unlessAborted(aborted, () => callAsLambda(step, input))]];
      }
      if (state.Type !== 'Wait') return [];
      const { pause: simulated } = this.#options;
      const pause = async (input: unknown) => {
        const seconds = waitSeconds(state, input);
        if (simulated) await simulated(seconds, aborted);
        else await sleep(seconds * 1000 * scale, undefined, { signal: aborted });
        return input;
      };
      return [[name, (input: unknown) => unlessAborted(aborted, () => pause(input))]];
    });
    return Object.fromEntries(handlers);
  }

  #stepFor(state: string): Step {
    const step = this.#options.steps[this.#options.stepOfState[state] ?? ''];
    if (!step)
      throw new Error(
        `state "${state}" calls step "${this.#options.stepOfState[state]}", which is not among the steps given`,
      );
    return step;
  }
}
