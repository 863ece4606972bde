import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** Turns of the event loop in which nothing must happen, before nothing is taken to happen any more. */
const CALM_TURNS = 5;

interface Timer {
  at: number;
  done: () => void;
}

/** A clock that moves only when nothing else does, from one timer to the next. */
export class Timers {
  #now: number;
  readonly #timers = new Set<Timer>();
  readonly #isBusy: () => boolean;

  /** @param start in ms since the epoch @param isBusy whether something is at work that no timer has to wake */
  constructor(start: number, isBusy: () => boolean) {
    this.#now = start;
    this.#isBusy = isBusy;
  }

  now(): number {
    return this.#now;
  }

  /** Resolves when so much time has passed. */
  wait(seconds: number): Promise<void> {
    return new Promise((done) => this.#timers.add({ at: this.#now + seconds * 1000, done }));
  }

  /** What takes time without anything else happening meanwhile. */
  take(seconds: number): void {
    this.#now += seconds * 1000;
  }

  /** Resolves when nothing moves. */
  async quiet(): Promise<void> {
    for (let calm = 0; calm < CALM_TURNS; calm++) {
      if (this.#isBusy()) calm = 0;
      await (calm === 1 ? sleep(0) : nextTurn());
    }
  }

  /** Moves to the next timer, and lets what it wakes come to rest. @returns false when there is none before `until` */
  async next(until = Number.POSITIVE_INFINITY): Promise<boolean> {
    await this.quiet();
    const [first] = [...this.#timers].sort((a, b) => a.at - b.at);
    if (!first || first.at > until) return false;
    this.#timers.delete(first);
    this.#now = Math.max(this.#now, first.at);
    first.done();
    await this.quiet();
    return true;
  }

  /** Waits for what may need time to pass: a process may stand still in the middle of it. */
  async until<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const end = () => {
      done = true;
    };
    void work.then(end, end);
    for (;;) {
      await this.quiet();
      if (done) return work;
      await this.next();
    }
  }

  /** Lets time pass, with all that happens in it. */
  async pass(seconds: number): Promise<void> {
    const until = this.#now + seconds * 1000;
    while (await this.next(until));
    this.#now = Math.max(this.#now, until);
  }
}
