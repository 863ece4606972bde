import { type ReadLine, readLine, type TooLong } from '../../batch/result-lines.ts';
import type { Answered, KnownAnswer, Section, Unfiled } from '../../shared/ledger-rows.ts';
import { entry } from '../../shared/names.ts';
import { knownAnswer, replacedRow, unfiledRow } from './answer-rows.ts';
import { type AskedBy, answerIn, readAskedBy } from './read-line.ts';
import type { CollectDeps, Round } from './round.ts';

/** Lines and characters that are filed together: they bound the memory. One such window is written while the next one is read. */
const WINDOW_LINES = 50;
const WINDOW_CHARACTERS = 2_000_000;

/** A line, and the section of this round that its custom id names. */
interface NamedLine extends ReadLine {
  section: Section | undefined;
}

/** Rows to be written for some lines. */
interface Rows {
  answers: Map<number, Answered>;
  known: Map<number, KnownAnswer>;
  unfiled: Unfiled[];
  /** where the ledger has answers that better ones replace */
  replaced: { job_id: string; entry: string }[];
}

/**
 * Files the lines of one batch in the ledger, a window at a time: the best answer of each section, and every other line under what is
 * wrong with it, so that none that was billed is lost. The same lines in any order, and again, leave the same rows.
 */
export class Filing {
  readonly #deps: CollectDeps;
  readonly #round: Round;
  readonly #batchId: string;
  #lines: (string | TooLong)[] = [];
  #characters = 0;
  /** it never rejects: a failure is thrown by whatever is done next */
  #underWay: Promise<void> = Promise.resolve();
  #failure: { error: unknown } | undefined;
  /** Rows of the ledger that were written for lines not seen before. */
  rows = 0;

  constructor(deps: CollectDeps, round: Round, batchId: string) {
    this.#deps = deps;
    this.#round = round;
    this.#batchId = batchId;
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
  settled(): Promise<void> {
    return this.#underWay;
  }

  async #flush(): Promise<void> {
    const rows: Rows = { answers: new Map(), known: new Map(), unfiled: [], replaced: [] };
    // read while the rows of the lines before are written
    const lines = this.#lines.map((line) => this.#named(line));
    const ordinals = [...new Set(lines.flatMap(({ section }) => section?.ordinal ?? []))];
    const asked = await readAskedBy(this.#deps.ledger, this.#round, ordinals);
    for (const line of lines) this.#take(line, asked, rows);
    this.#lines = [];
    this.#characters = 0;
    await this.#underWay;
    this.#throwFailure();
    this.#underWay = this.#write(rows).catch((error: unknown) => {
      this.#failure ??= { error };
    });
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }

  async #write({ answers, known, unfiled, replaced }: Rows): Promise<void> {
    const { ledger } = this.#deps;
    if (replaced.length > 0) {
      // what is replaced is kept before it is gone
      const before = await ledger.answersAt(replaced);
      await ledger.putUnfiled(before.map((row) => replacedRow(row, this.#round.round)));
    }
    await bothEnd(ledger.putAnswers([...answers.values()], [...known.values()]), ledger.putUnfiled(unfiled));
    this.rows += answers.size + unfiled.length;
    this.#round.found += answers.size + unfiled.length;
  }

  #named(line: string | TooLong): NamedLine {
    const read = readLine(line);
    const { sections } = this.#round;
    const ordinal = read.bad || !read.custom_id ? undefined : sections.ordinalOf(read.custom_id);
    return { ...read, section: ordinal === undefined ? undefined : sections.all.get(ordinal) };
  }

  /** Makes the rows for one line. */
  #take(line: NamedLine, asked: AskedBy, rows: Rows): void {
    const { answers, unfiled, plan, round } = this.#round;
    const { section, mark } = line;
    if (!section) {
      this.#unfile(line, whyUnfiled(line), rows);
      return;
    }
    const { ordinal } = section;
    const held = answers.markOf(ordinal);
    // in the ledger already: as the answer, or beside it
    if (held === mark || (held !== undefined && unfiled.has(entry.unfiled(round, mark)))) return;
    const answered = answerIn(this.#round, this.#batchId, section, line, asked);
    if (!answers.take(ordinal, answered.kind, mark)) {
      this.#unfile(line, 'duplicate', rows);
      return;
    }
    const inWindow = rows.answers.get(ordinal);
    if (inWindow) this.#keep(replacedRow(inWindow, round), rows);
    rows.answers.set(ordinal, answered);
    this.#tellUnproven(answered);
    rows.known.delete(ordinal);
    const known = knownAnswer(section, answered);
    if (known) rows.known.set(ordinal, known);
    if (held === undefined || inWindow) return;
    unfiled.add(entry.unfiled(round, held));
    rows.replaced.push({ job_id: plan.job_id, entry: answered.entry });
  }

  /** By place and numbers: no words of the text or of comments. */
  #tellUnproven({ section, reads, unproven, failed_clauses = [] }: Answered): void {
    const [first] = failed_clauses;
    if (!first || !unproven) return;
    const { job_id } = this.#round.plan;
    this.#deps.log.info(reads === undefined ? 'clauses fail' : 'clauses were read otherwise', {
      event: 'section_unproven',
      job_id,
      section,
      failed: failed_clauses.length,
      ...unproven,
      first: first.why,
    });
  }

  #unfile(line: ReadLine, why: Unfiled['why'], rows: Rows): void {
    this.#keep(unfiledRow(this.#round, this.#batchId, line, why), rows);
  }

  /** The same line twice is one row, and one that was decided on earlier keeps what was decided. */
  #keep(row: Unfiled, { unfiled }: Rows): void {
    if (this.#round.unfiled.has(row.entry)) return;
    this.#round.unfiled.add(row.entry);
    unfiled.push(row);
  }
}

const whyUnfiled = ({ bad, custom_id }: ReadLine): Unfiled['why'] =>
  bad ? 'bad_line' : custom_id === undefined ? 'no_custom_id' : 'unknown_custom_id';

/** Waits for both, also when one fails: the next attempt must not begin while something is still being written. */
async function bothEnd(...writes: Promise<void>[]): Promise<void> {
  await Promise.allSettled(writes);
  await Promise.all(writes);
}
