import { type Fault, type FaultPlan, type Kind, named, type Service } from './fault.ts';
import { currentInvocation, type Invocation, never } from './invocation.ts';

/** One outside call on its way. */
export interface OutsideCall<T> {
  service: Service;
  /** operation and what it is about, such as `PutItem Delphi_JobQueue` */
  what: string;
  /** the same for a call and its client's own retries of it; absent: there are none */
  tries?: string;
  effect: () => Promise<T>;
  /** Gives or throws what the client meets when the call fails in this way. */
  fail: (kind: Exclude<Kind, 'killed'>) => T | Promise<T>;
  /** Replaces effect and answer where a fault strikes in the middle of an answer, such as a stream that breaks off. */
  half?: (kind: Kind, kill: () => void) => Promise<T>;
}

/** Every outside call of the system under simulation passes here; the plan decides which of them meet a fault. */
export class Gate {
  /** labels of all calls so far, each once, in order */
  readonly calls: string[] = [];
  /** faults that have struck, as text */
  readonly struck: string[] = [];
  readonly #plan: FaultPlan;
  readonly #onTimeout: (service: Service, what: string) => void;
  readonly #tries = new Map<string, { label: string; fault: Fault | undefined }>();

  #open = false;

  /** @param onTimeout called before the effect of a call that is waited for in vain */
  constructor(plan: FaultPlan, onTimeout: (service: Service, what: string) => void) {
    this.#plan = plan;
    this.#onTimeout = onTimeout;
  }

  async pass<T>(call: OutsideCall<T>): Promise<T> {
    const invocation = currentInvocation();
    if (!invocation || this.#open) return call.effect();
    if (invocation.dead) return never();
    const fault = this.#faultFor(call, invocation);
    if (!fault) {
      const answer = await call.effect();
      // a parallel call has killed the process meanwhile
      return invocation.dead ? never() : answer;
    }
    return this.#strike(call, invocation, fault);
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
    if (kind === 'timeout') this.#onTimeout(call.service, call.what);
    if (side === 'after') {
      if (call.half) return call.half(kind, () => invocation.kill());
      await call.effect().catch(() => undefined);
    }
    if (kind !== 'killed') return call.fail(kind);
    invocation.kill();
    return never();
  }

  #faultFor(call: OutsideCall<unknown>, invocation: Invocation): Fault | undefined {
    const earlier = call.tries === undefined ? undefined : this.#tries.get(call.tries);
    if (earlier) return earlier.fault?.lasting ? earlier.fault : undefined;
    const label = this.#label(call, invocation);
    const fault = this.#plan(label);
    if (call.tries !== undefined) this.#tries.set(call.tries, { label, fault });
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
