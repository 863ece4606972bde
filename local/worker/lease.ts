import { NarrativesError } from '../../lambdas/shared/errors.ts';

/** How long a worker that gives no sign of life keeps its executions, in seconds. Others look at its row for as long as that. */
export const LEASE_SECONDS = 60;
/** How often a worker renews its lease, in seconds. */
export const RENEW_SECONDS = 10;
/** A worker that could not renew its lease for so long does nothing any more, well before others take its executions over. */
export const FENCE_SECONDS = 40;

/** The lease of this worker has ended: another one may be at work on its executions. */
export class LeaseLost extends NarrativesError {
  override readonly name = 'LeaseLost';
}

/** Times by two clocks, in ms: one that a suspended machine stops, and one that somebody may set. */
export interface Clocks {
  monotonic(): number;
  wall(): number;
}

export const REAL_CLOCKS: Clocks = { monotonic: () => performance.now(), wall: () => Date.now() };

/**
 * What a worker knows of its own lease. It counts from the moment before a renewal was sent, so that it always ends here
 * before it ends for others, who count from the moment at which they saw it.
 */
export class Lease {
  /** of this worker, while it has this lease; a new one has another id */
  readonly id: string;
  readonly #clocks: Clocks;
  #renewed: { monotonic: number; wall: number };
  #ended = false;

  constructor(id: string, clocks: Clocks) {
    this.id = id;
    this.#clocks = clocks;
    this.#renewed = this.now();
  }

  now(): { monotonic: number; wall: number } {
    return { monotonic: this.#clocks.monotonic(), wall: this.#clocks.wall() };
  }

  /** @param before the moment before the renewal was sent, see {@link Lease.now} */
  renewed(before: { monotonic: number; wall: number }): void {
    if (this.isHeld()) this.#renewed = before;
  }

  /** It is over, for good. */
  end(): void {
    this.#ended = true;
  }

  /**
   * Whether no other worker can have taken over what this one works on. Both clocks have to say so; what they have once
   * denied stays so, because by then a step may have been stopped halfway.
   */
  isHeld(): boolean {
    const { monotonic, wall } = this.now();
    const passed = Math.max(monotonic - this.#renewed.monotonic, wall - this.#renewed.wall);
    if (passed >= FENCE_SECONDS * 1000) this.#ended = true;
    return !this.#ended;
  }

  /** @throws LeaseLost */
  check(): void {
    if (!this.isHeld()) throw new LeaseLost('this worker lost its lease: another one continues');
  }
}
