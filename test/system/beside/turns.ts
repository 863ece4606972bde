import { setImmediate as nextTick } from 'node:timers/promises';
import { between, type Random } from '../../../stand-in/random.ts';

/**
 * Lets many actors act one at a time: whoever wants to act waits for its turn, and chance, from a seed, says who is next.
 * Nobody may wait for anything but a turn, or for work that ends by itself at once.
 */
export class Turns {
  readonly #random: Random;
  #waiting: { who: string; act: () => void }[] = [];
  /** who acted, in order */
  readonly taken: string[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** Acts when its turn has come. @param who for the trace */
  take<T>(who: string, act: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const attempt = () => {
      try {
        resolve(act());
      } catch (error) {
        reject(error);
      }
    };
    this.#waiting.push({ who, act: attempt });
    return promise;
  }

  /** Gives turns until nobody wants one any more. */
  async run(): Promise<void> {
    for (;;) {
      // every actor comes to its next turn, or to its end
      await nextTick();
      const [next] = this.#waiting.splice(between(this.#random, 0, Math.max(0, this.#waiting.length - 1)), 1);
      if (!next) return;
      this.taken.push(next.who);
      next.act();
    }
  }
}
