import { readLine, type TooLong } from '../../batch/result-lines.ts';
import { fileLines, type NamedLine } from './file-lines.ts';
import type { CollectDeps, Round } from './round.ts';

/** Lines and characters handled at once, and how many such windows may be under way: together they bound the memory. */
const WINDOW_LINES = 100;
const WINDOW_CHARACTERS = 2_000_000;
const WINDOWS_UNDER_WAY = 2;

/** A window whose lines are being filed. */
interface UnderWay {
  done: Promise<void>;
  ordinals: Set<number>;
}

/** Gathers lines of results and files them, a window at a time. Windows with a section in common are filed one after the other. */
export class Window {
  readonly #deps: CollectDeps;
  readonly #round: Round;
  readonly #batchId: string;
  #lines: (string | TooLong)[] = [];
  #characters = 0;
  #underWay: UnderWay[] = [];
  /** the first failure of a window that may be gone by the time anybody asks */
  #failure: { error: unknown } | undefined;
  #rows = 0;

  constructor(deps: CollectDeps, round: Round, batchId: string) {
    this.#deps = deps;
    this.#round = round;
    this.#batchId = batchId;
  }

  /** Rows of the ledger that were written for lines not seen before. */
  get rows(): number {
    return this.#rows;
  }

  async add(line: string | TooLong): Promise<void> {
    this.#lines.push(line);
    this.#characters += typeof line === 'string' ? line.length : line.beginning.length;
    if (this.#lines.length >= WINDOW_LINES || this.#characters >= WINDOW_CHARACTERS) await this.#flush();
  }

  async finish(): Promise<void> {
    await this.#flush();
    await this.settled();
    this.#throwFailure();
  }

  /** Waits for what is under way, whether it succeeds or not. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay.map(({ done }) => done));
  }

  async #flush(): Promise<void> {
    const lines = this.#lines.map((line): NamedLine => {
      const read = readLine(line);
      return {
        ...read,
        ordinal: read.bad || !read.custom_id ? undefined : this.#round.sections.ordinalOf(read.custom_id),
      };
    });
    this.#lines = [];
    this.#characters = 0;
    if (lines.length === 0) return;
    const ordinals = new Set(lines.flatMap(({ ordinal }) => (ordinal === undefined ? [] : [ordinal])));
    while (this.#underWay.length >= WINDOWS_UNDER_WAY || this.#meets(ordinals)) await this.#underWay[0]?.done;
    this.#throwFailure();
    // it never rejects: a failure is thrown by whatever is done with the window next
    const done: Promise<void> = this.#file(lines)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#underWay = this.#underWay.filter((other) => other.done !== done);
      });
    this.#underWay.push({ done, ordinals });
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** Two writes of one section under way at once could end in either order. */
  #meets(ordinals: Set<number>): boolean {
    return this.#underWay.some((window) => !window.ordinals.isDisjointFrom(ordinals));
  }

  async #file(lines: NamedLine[]): Promise<void> {
    const rows = await fileLines(this.#deps, this.#round, this.#batchId, lines);
    // added only now: another window may have ended meanwhile
    this.#rows += rows;
    this.#round.found += rows;
  }
}
