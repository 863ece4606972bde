import { StateMachine } from 'aws-local-stepfunctions';
import { describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../../../lambdas/shared/errors.ts';
import { STATE } from '../../../../lib/names.ts';
import { statesEntered } from '../../../../local/machine/execution.ts';
import { LocalStateMachine } from '../../../../local/machine/local-machine.ts';
import { JOB, run, scripted, synthesized, WAIT } from '../../../support/scripted.ts';

describe('the local runner', () => {
  it('waits as long as the state asks, scaled', async () => {
    const { history } = await run({ submit: [{ next: 'wait', wait_seconds: 3 }], 'check-status': [] }, JOB, {
      waitScale: 0.01,
    });
    const [entered, exited] = history.filter(({ state }) => state === STATE.wait);
    expect(entered?.stateType).toBe('Wait');
    expect((exited?.at ?? 0) - (entered?.at ?? 0)).toBeGreaterThanOrEqual(29);
  });

  it.each([-1, 1.5, 'soon', undefined])(
    'ends an execution that should wait for %s, as Step Functions does',
    async (seconds) => {
      const { status, error, states } = await run({ submit: [{ next: 'wait', wait_seconds: seconds }] });
      expect({ status, error }).toEqual({ status: 'FAILED', error: 'States.Runtime' });
      expect(states.at(-1)).toBe(STATE.wait);
    },
  );

  it('ends an execution whose state has grown past 256 KB, which nothing can catch', async () => {
    const { status, error, names } = await run({ submit: [{ next: 'leave', sections: 'x'.repeat(300_000) }] });
    expect({ status, error, names }).toEqual({
      status: 'FAILED',
      error: 'States.DataLimitExceeded',
      names: ['submit'],
    });
  });

  it('gives each try a copy of the state, so that a step cannot change what it was given', async () => {
    const seen: unknown[] = [];
    const steps = {
      ...Object.fromEntries(
        Object.values(synthesized.stepOfState).map((name) => [name, async (input: unknown) => input]),
      ),
      submit: async (input: unknown) => {
        seen.push(structuredClone(input));
        Object.assign(input as object, { next: 'leave', round: 9 });
        if (seen.length === 1) throw new StoreUnavailable('in the middle');
        return input;
      },
    };
    const machine = new LocalStateMachine({ ...synthesized, steps, retryScale: 0 });
    machine.start('run', JOB);
    await machine.idle();
    expect(seen).toEqual([JOB, JOB]);
  });

  it('starts one execution for a name, however it ends', async () => {
    const { machine, names } = scripted({ submit: [{ next: 'leave' }] });
    expect(machine.start('a', JOB)).toBe('started');
    expect(machine.start('a', { ...JOB })).toBe('started');
    expect(machine.start('a', { ...JOB, version: 2 })).toBe('already_started');
    await machine.idle();
    expect(machine.start('a', JOB)).toBe('already_started');
    expect(names()).toEqual(['submit']);
    expect(machine.names()).toEqual(['a']);
  });

  it('is idle only when executions started by others have ended as well', async () => {
    const done: string[] = [];
    const { machine } = scripted(
      { submit: [{ next: 'leave' }, { next: 'leave' }] },
      {
        onEvent: (execution, { type }) => {
          if (type !== 'ExecutionSucceeded') return;
          done.push(execution);
          if (execution === 'first') machine.start('second', JOB);
        },
      },
    );
    machine.start('first', JOB);
    await machine.idle();
    expect(done).toEqual(['first', 'second']);
  });

  it('aborts while a step is running, drops its result and starts nothing more', async () => {
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    const { promise: held, resolve: release } = Promise.withResolvers<object>();
    const calls: string[] = [];
    const names = Object.values(synthesized.stepOfState);
    const steps = Object.fromEntries(names.map((name) => [name, async () => calls.push(name)]));
    steps.submit = async () => {
      calls.push('submit');
      reach();
      return held as never;
    };
    const machine = new LocalStateMachine({ ...synthesized, steps, waitScale: 0 });
    machine.start('run', JOB);
    await reached;
    machine.abort('run');
    await machine.idle();
    release(WAIT);
    await new Promise(setImmediate);
    expect(machine.status('run')).toEqual({ status: 'ABORTED' });
    expect(calls).toEqual(['submit']);
    expect(statesEntered(machine.history('run')).at(-1)).toBe(STATE.submitBatch);
  });

  it('aborts while it waits, without waiting for the end', async () => {
    const { promise: waiting, resolve } = Promise.withResolvers<void>();
    const { machine } = scripted(
      { submit: [{ next: 'wait', wait_seconds: 3600 }] },
      {
        waitScale: 1,
        onEvent: (_, { type, state }) => {
          if (type === 'StateEntered' && state === STATE.wait) resolve();
        },
      },
    );
    machine.start('run', JOB);
    await waiting;
    machine.abort('run');
    await machine.idle();
    expect(machine.status('run')).toEqual({ status: 'ABORTED' });
  });

  it('does not carry out the retries of an aborted execution', async () => {
    const { promise: failed, resolve } = Promise.withResolvers<void>();
    const { machine, names } = scripted(
      { submit: Array(7).fill(new StoreUnavailable('throttled')) },
      {
        retryScale: 1000,
        onEvent: (_, { type }) => {
          if (type === 'StateFailed') resolve();
        },
      },
    );
    machine.start('run', JOB);
    await failed;
    machine.abort('run');
    await machine.idle();
    await new Promise(setImmediate);
    expect(names()).toEqual(['submit']);
  });

  it('is given a definition that the library finds valid, as it would not find another', () => {
    const { definition } = synthesized;
    expect(() => new StateMachine(definition)).not.toThrow();
    expect(() => new StateMachine({ ...definition, StartAt: 'Nowhere' })).toThrow(/definition is invalid/);
  });

  it('does not start with a task that has no step', () => {
    expect(() => new LocalStateMachine({ ...synthesized, steps: {} })).toThrow(
      /calls step "submit", which is not among/,
    );
  });
});
