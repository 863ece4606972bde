import { describe, expect, test } from 'vitest';
import type { Fault } from './faults.ts';
import { currentInvocation, Gate, invoke, ProcessDied } from './gate.ts';

/** A gate at which the first call meets a fault, and what its calls did. */
function gated(fault: Fault | undefined) {
  const done: string[] = [];
  const stopped: string[] = [];
  const timeouts: string[] = [];
  const gate = new Gate((label) => (label.endsWith('#1') ? fault : undefined), {
    timeout: (_service, what) => void timeouts.push(what),
    stop: async ({ label }) => void stopped.push(label),
  });
  const call = (tries?: string) =>
    gate.pass({
      service: 'dynamodb',
      what: 'PutItem T',
      ...(tries === undefined ? {} : { tries }),
      effect: async () => {
        done.push('put');
        return 'ok';
      },
      fail: (kind) => {
        throw new Error(kind);
      },
      partly: async (side) => `half ${side}`,
    });
  return { gate, call, done, stopped, timeouts };
}

describe('a call at the gate', () => {
  test('that meets no fault is made, and is told by function, operation and number', async () => {
    const { gate, call, done } = gated(undefined);
    expect(await invoke('a.submit#1', async () => [await call(), await call()])).toEqual(['ok', 'ok']);
    expect(done).toEqual(['put', 'put']);
    expect(gate.calls).toEqual(['a.submit#1/dynamodb PutItem T#1', 'a.submit#1/dynamodb PutItem T#2']);
  });

  test.each([
    ['before', []],
    ['after', ['put']],
  ] as const)('fails %s its effect', async (side, effects) => {
    const { call, done } = gated({ kind: 'error', side });
    await expect(invoke('a.submit#1', () => call())).rejects.toThrow('error');
    expect(done).toEqual(effects);
  });

  test('that is waited for in vain lets the time pass first', async () => {
    const { call, timeouts } = gated({ kind: 'timeout', side: 'before' });
    await expect(invoke('a.submit#1', () => call())).rejects.toThrow('timeout');
    expect(timeouts).toEqual(['PutItem T']);
  });

  test('meets a lasting fault at every try of its client, and another at the first alone', async () => {
    for (const lasting of [true, false]) {
      const { gate, call } = gated({ kind: 'throttle', side: 'before', ...(lasting ? { lasting } : {}) });
      const tries = invoke('a.submit#1', async () => {
        await expect(call('one')).rejects.toThrow('throttle');
        return lasting ? expect(call('one')).rejects.toThrow('throttle') : expect(await call('one')).toBe('ok');
      });
      await tries;
      expect(gate.calls).toHaveLength(1);
    }
  });

  test('at which its process is killed is never answered, and nothing of that process is done any more', async () => {
    const { call, done } = gated({ kind: 'killed', side: 'after' });
    const went: string[] = [];
    let invocation: ReturnType<typeof currentInvocation>;
    const work = async () => {
      invocation = currentInvocation();
      await call().finally(() => went.push('on'));
      await call();
    };
    await expect(invoke('a.submit#1', work)).rejects.toBeInstanceOf(ProcessDied);
    await new Promise((resolve) => setImmediate(resolve));
    expect({ done, went, dead: invocation?.dead }).toEqual({ done: ['put'], went: [], dead: true });
  });

  test('at which the execution is stopped is answered all the same', async () => {
    const { call, stopped } = gated({ kind: 'stopped', side: 'before' });
    expect(await invoke('a.submit#1', () => call())).toBe('ok');
    expect(stopped).toEqual(['a.submit#1']);
  });

  test('about several items can be done in part', async () => {
    const { call } = gated({ kind: 'partial', side: 'after' });
    expect(await invoke('a.submit#1', () => call())).toBe('half after');
  });

  test('of the test itself, and one that is to go undisturbed, meets none', async () => {
    const { gate, call } = gated({ kind: 'error', side: 'before' });
    expect(await call()).toBe('ok');
    expect(await gate.undisturbed(() => invoke('a.submit#1', () => call()))).toBe('ok');
    expect(gate.calls).toEqual([]);
  });
});
