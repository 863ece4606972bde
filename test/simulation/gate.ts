import { AsyncLocalStorage } from 'node:async_hooks';
import { type Failing, type Fault, type FaultPlan, type Kind, named, type Service, type Side } from './faults.ts';

/** One outside call on its way. */
export interface OutsideCall<T> {
  service: Service;
  /** operation and what it is about, such as `PutItem Delphi_JobQueue` */
  what: string;
  /** the same for a call and its client's own retries of it; absent: there are none */
  tries?: string;
  effect: () => Promise<T>;
  /** Gives or throws what the client meets when the call fails in this way. */
  fail: (kind: Failing) => T | Promise<T>;
  /** Replaces effect and answer where a fault strikes in the middle of an answer, such as a stream that breaks off. */
  half?: (kind: Kind, kill: () => void) => Promise<T>;
  /** Does none (before) or half (after) of a call about several items, and says which are left. */
  partly?: (side: Side) => Promise<T>;
}

/** What a fault does beside the call itself. */
export interface Happenings {
  /** before the effect of a call that is waited for in vain */
  timeout(service: Service, what: string): void | Promise<void>;
  /** a person stops the execution that the invocation works for */
  stop(invocation: Invocation): Promise<void>;
}

/** A process of a worker, in which many invocations run: what becomes of it becomes of all of them. */
export interface Process {
  die(): void;
  /** Stands still for a while, longer than a lease lasts. */
  freeze(): void;
  /** Resolves when it does not stand still. */
  awake(): Promise<void>;
  /** Is told to stop, as by a signal. */
  terminate(): void;
  /** what ends its invocations */
  readonly ends: Set<() => void>;
}

/** Every outside call of the system under simulation passes here; the plan decides which of them meet a fault. */
export class Gate {
  /** labels of all calls so far, each once, in order */
  readonly calls: string[] = [];
  /** faults that have struck, as text */
  readonly struck: string[] = [];
  /** calls under way, each by the invocation that makes it */
  readonly underWay = new Map<symbol, Invocation>();
  readonly #plan: FaultPlan;
  readonly #happenings: Happenings;
  readonly #tries = new Map<string, Fault | undefined>();
  #open = false;

  constructor(plan: FaultPlan, happenings: Happenings) {
    this.#plan = plan;
    this.#happenings = happenings;
  }

  async pass<T>(call: OutsideCall<T>): Promise<T> {
    const invocation = currentInvocation();
    if (!invocation || this.#open) return call.effect();
    if (invocation.dead) return never();
    const key = Symbol('call');
    this.underWay.set(key, invocation);
    try {
      await invocation.process?.awake();
      if (invocation.dead) return await never();
      const fault = this.#faultFor(call, invocation);
      const answer = await (fault ? this.#strike(call, invocation, fault) : call.effect());
      await invocation.process?.awake();
      // a parallel call may have killed the process meanwhile
      return invocation.dead ? await never() : answer;
    } catch (error) {
      if (invocation.dead) return never();
      throw error;
    } finally {
      this.underWay.delete(key);
    }
  }

  /** What is called meanwhile meets no fault, and is not among the calls. */
  async undisturbed<T>(work: () => Promise<T>): Promise<T> {
    this.#open = true;
    try {
      return await work();
    } finally {
      this.#open = false;
    }
  }

  async #strike<T>(call: OutsideCall<T>, invocation: Invocation, { kind, side }: Fault): Promise<T> {
    if (kind === 'stopped') return this.#stop(call, invocation, side);
    if (kind === 'frozen' || kind === 'terminated') return happeningTo(call, invocation, { kind, side });
    if (kind === 'partial') return call.partly ? call.partly(side) : call.effect();
    if (kind === 'timeout') await this.#happenings.timeout(call.service, call.what);
    if (side === 'after') {
      if (call.half) return call.half(kind, () => invocation.kill());
      await call.effect().catch(() => undefined);
    }
    if (kind !== 'killed') return call.fail(kind);
    invocation.kill();
    return never();
  }

  /** The step goes on to its end, as a Lambda function does; Step Functions no longer listens. */
  async #stop<T>(call: OutsideCall<T>, invocation: Invocation, side: Side): Promise<T> {
    if (side === 'before') await this.#happenings.stop(invocation);
    const answer = await call.effect();
    if (side === 'after') await this.#happenings.stop(invocation);
    return answer;
  }

  #faultFor(call: OutsideCall<unknown>, invocation: Invocation): Fault | undefined {
    if (call.tries !== undefined && this.#tries.has(call.tries)) {
      const earlier = this.#tries.get(call.tries);
      return earlier?.lasting ? earlier : undefined;
    }
    const label = this.#label(call, invocation);
    const fault = this.#plan(label);
    if (call.tries !== undefined) this.#tries.set(call.tries, fault);
    if (fault) this.struck.push(named(label, fault));
    return fault;
  }

  #label({ service, what }: OutsideCall<unknown>, { label, made }: Invocation): string {
    const call = `${service} ${what}`;
    const nth = (made.get(call) ?? 0) + 1;
    made.set(call, nth);
    const full = `${label}/${call}#${nth}`;
    this.calls.push(full);
    return full;
  }
}

/** The call itself is made as ever, before its process is hit or after. */
async function happeningTo<T>(call: OutsideCall<T>, { process }: Invocation, { kind, side }: Fault): Promise<T> {
  const hit = () => (kind === 'frozen' ? process?.freeze() : process?.terminate());
  if (side === 'before') hit();
  await process?.awake();
  const answer = await call.effect();
  if (side === 'after') hit();
  return answer;
}

/** How Step Functions hears of a function whose process died under it. */
export class ProcessDied extends Error {
  override readonly name = 'Runtime.ExitError';
}

/** What a hand-off says of the execution that it belongs to. */
export interface HandOff {
  job_id: string;
  execution: string;
}

/** One run of one function; what it calls outside is counted, and when it is killed it never does anything again. */
export interface Invocation {
  label: string;
  /** the hand-off that an execution called it with; absent for what is not called by an execution */
  state: HandOff | undefined;
  dead: boolean;
  /** the worker's process that it runs in; absent: it has one of its own */
  process: Process | undefined;
  kill(): void;
  /** how often each kind of call was made so far */
  made: Map<string, number>;
}

const current = new AsyncLocalStorage<Invocation>();

/** The invocation that the code now running belongs to; undefined for the test's own code. */
export const currentInvocation = (): Invocation | undefined => current.getStore();

/**
 * Runs a function as one invocation.
 * @throws ProcessDied when it was killed; its code is then stuck for good at the call where it died
 */
export async function invoke<T>(label: string, work: () => Promise<T>, state?: HandOff, process?: Process): Promise<T> {
  const death = Promise.withResolvers<never>();
  death.promise.catch(() => undefined);
  const end = () => {
    invocation.dead = true;
    death.reject(new ProcessDied('the process was killed'));
  };
  const invocation: Invocation = {
    label,
    state,
    dead: false,
    process,
    made: new Map(),
    kill: () => (process ? process.die() : end()),
  };
  process?.ends.add(end);
  return current.run(invocation, () => Promise.race([work(), death.promise]));
}

/** A promise of a dead process. */
export const never = (): Promise<never> => new Promise(() => undefined);
