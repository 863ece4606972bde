import { readResult } from '../domain/answer.ts';
import type { Answered, AskedFacts, Unfiled } from '../domain/ledger-entries.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { ReportRow } from '../domain/report-row.ts';
import { parseResultLine, type ResultLine } from '../domain/result-line.ts';
import { answeredRow, unfiledRow } from './answer-rows.ts';
import type { CollectDeps, Round } from './round.ts';

/** Lines and characters handled at once, and how many such windows may be under way: together they bound the memory. */
const WINDOW_LINES = 100;
const WINDOW_CHARACTERS = 2_000_000;
const WINDOWS_UNDER_WAY = 2;

/** Gathers lines of results and files them, a window at a time. */
export class Window {
  readonly #deps: CollectDeps;
  readonly #round: Round;
  readonly #batchId: string;
  #lines: (string | undefined)[] = [];
  #characters = 0;
  #underWay: Promise<void>[] = [];

  constructor(deps: CollectDeps, round: Round, batchId: string) {
    this.#deps = deps;
    this.#round = round;
    this.#batchId = batchId;
  }

  /** @param line undefined for one that was too long to read */
  async add(line: string | undefined): Promise<void> {
    this.#lines.push(line);
    this.#characters += line?.length ?? 0;
    if (this.#lines.length >= WINDOW_LINES || this.#characters >= WINDOW_CHARACTERS) await this.#flush();
  }

  async finish(): Promise<void> {
    await this.#flush();
    await Promise.all(this.#underWay);
  }

  /** Waits for what is under way, whatever comes of it. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  async #flush(): Promise<void> {
    const lines = this.#lines;
    this.#lines = [];
    this.#characters = 0;
    if (lines.length === 0) return;
    while (this.#underWay.length >= WINDOWS_UNDER_WAY) await this.#underWay[0];
    const work: Promise<void> = this.#file(lines).finally(() => {
      this.#underWay = this.#underWay.filter((other) => other !== work);
    });
    // a failure is met by whoever awaits next; without this it would count as unhandled until then
    work.catch(() => undefined);
    this.#underWay.push(work);
  }

  async #file(texts: (string | undefined)[]): Promise<void> {
    const { ledger, reports } = this.#deps;
    const filed = new Map<number, ResultLine[]>();
    const unfiled: Unfiled[] = [];
    for (const text of texts) {
      const line = text === undefined ? undefined : parseResultLine(text);
      const ordinal = line?.custom_id === undefined ? undefined : this.#round.sections.ordinalOf(line.custom_id);
      if (line && ordinal !== undefined) filed.set(ordinal, [...(filed.get(ordinal) ?? []), line]);
      else unfiled.push(unfiledRow(this.#round, this.#batchId, line, text));
    }
    const facts = await this.#round.sections.facts([...filed.keys()]);
    const reportRows: ReportRow[] = [];
    const answers: Answered[] = [];
    for (const [ordinal, lines] of filed) {
      const asked = facts.get(ordinal);
      if (!asked) {
        unfiled.push(...lines.map((line) => unfiledRow(this.#round, this.#batchId, line, line.text)));
        continue;
      }
      if (this.#round.board.isStored(ordinal)) continue;
      const answer = bestOf(lines, asked);
      const row = answeredRow(this.#round, this.#batchId, ordinal, asked, answer);
      if (row.report) reportRows.push(row.report);
      answers.push(row.answered);
      this.#round.board.answered(ordinal, row.answered.kind);
    }
    // reports first: an answered row says that its section is stored
    await reports.write(reportRows);
    await Promise.all([ledger.putAnswers(answers), ledger.putUnfiled(this.#fresh(unfiled))]);
  }

  /** The same line twice is one row, and one that was decided on earlier keeps what was decided. */
  #fresh(rows: Unfiled[]): Unfiled[] {
    const { unfiled } = this.#round;
    return rows.filter((row) => !unfiled.has(row.entry) && unfiled.add(row.entry));
  }
}

/** Of several lines for one section, the first that can be stored, or else the first. */
function bestOf(lines: ResultLine[], asked: AskedFacts): { line: ResultLine; outcome: Outcome } {
  const shown = new Set(asked.shown);
  const read = lines.map((line) => ({ line, outcome: readResult(line.result, (tid) => shown.has(tid)) }));
  return (read.find(({ outcome }) => outcome.kind === 'stored') ?? read[0]) as { line: ResultLine; outcome: Outcome };
}
