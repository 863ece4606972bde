import { RETRIED_ERRORS } from '../../../lambdas/shared/errors.ts';
import { AWAITING_BATCH } from '../../../lambdas/shared/job-row.ts';
import { dispatch } from '../../../lambdas/steps/dispatch.ts';
import type { ExecutionStatus } from '../../../lambdas/stores/executions.ts';
import { jobFinder } from '../../../lambdas/stores/jobs.ts';
import { type SweepResult, sweep } from '../../../lambdas/watchdog/sweep.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { type StepWorld, taskSteps } from '../../../local/embedded/steps.ts';
import type { Step } from '../../../local/machine/asl.ts';
import { passes } from '../../../local/machine/stream-filter.ts';
import { type Call, clientOf, narratives, streamRecord, type Write } from '../../support/memory/dynamodb.ts';
import { STEP_AFTER } from '../../support/steps-by-hand.ts';

type State = Record<string, unknown> & { next?: string; wait_seconds?: number };

/** The system under test: stream, dispatch, executions of the real steps, and the sweep. */
export class OurSide {
  readonly statuses = new Map<string, ExecutionStatus>();
  /** errors that ended an execution */
  readonly errors: string[] = [];
  readonly #running: Promise<void>[] = [];
  readonly #world: StepWorld;
  readonly #call: Call;
  readonly #wait: (seconds: number) => Promise<void>;
  readonly #db: Parameters<typeof clientOf>[0];

  /** @param wait lets time pass in a Wait state */
  constructor(parts: {
    world: StepWorld;
    db: Parameters<typeof clientOf>[0];
    call: Call;
    wait: (seconds: number) => Promise<void>;
  }) {
    this.#world = parts.world;
    this.#db = parts.db;
    this.#call = parts.call;
    this.#wait = parts.wait;
  }

  /**
   * Delivers a change of the job table as the template's stream mapping does.
   * @param times it may come again
   * @param late turns that others have before
   */
  async deliver({ before, after }: Write, times: number, late: number): Promise<void> {
    if (!after) return;
    const record = streamRecord({ before, after });
    if (!passes(record, narratives.filters)) return;
    for (let turn = 0; turn < late; turn++) await this.#call('stream', () => undefined);
    for (let time = 0; time < times; time++) {
      await this.#call('stream', () => undefined);
      await dispatch({ ...this.#world, executions: this.#executions() }, after);
    }
  }

  /** Resolves when every execution has ended that was started until now. */
  async finished(): Promise<void> {
    await Promise.all(this.#running);
  }

  sweep(): Promise<SweepResult> {
    const finder = jobFinder(clientOf(this.#db, this.#call), TABLE_NAMES.jobs);
    return sweep({ ...this.#world, finder, executions: this.#executions() });
  }

  #executions() {
    return {
      start: (name: string, input: unknown) =>
        this.#call('start', () => {
          const known = this.statuses.get(name);
          // the same name and input while it runs is the same execution
          if (known) return known === 'RUNNING' ? ('started' as const) : ('already_started' as const);
          this.statuses.set(name, 'RUNNING');
          this.#running.push(this.#run(name, input as State));
          return 'started' as const;
        }),
      status: (name: string) => this.#call('status', () => this.statuses.get(name) ?? ('unknown' as const)),
    };
  }

  /** One execution, as the state machine's transitions have it. */
  async #run(name: string, input: State): Promise<void> {
    const steps: Record<string, Step> = taskSteps(this.#world);
    let state = input;
    let step = input.job_type === AWAITING_BATCH ? 'adopt' : 'submit';
    try {
      for (;;) {
        state = (await tried(steps[step] as Step, state)) as State;
        if (step === 'complete' || state.next === 'leave') break;
        step = STEP_AFTER[state.next ?? ''] ?? '';
        if (['wait', 'settle', 'turn'].includes(state.next ?? '')) await this.#wait(state.wait_seconds ?? 0);
      }
      this.statuses.set(name, 'SUCCEEDED');
    } catch (error) {
      const { name: errorName, message } = error as Error;
      this.errors.push(`${name}: ${errorName}: ${message}`);
      await steps.fail?.({ ...state, error: { Error: errorName, Cause: JSON.stringify({ errorMessage: message }) } });
      this.statuses.set(name, 'FAILED');
    }
  }
}

const TRIES = 6;

/** Runs a step with the state machine's retries. */
async function tried(step: Step, state: State): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await step(structuredClone(state));
    } catch (error) {
      if (attempt > TRIES || !RETRIED_ERRORS.some((name) => name === (error as Error).name)) throw error;
    }
  }
}
