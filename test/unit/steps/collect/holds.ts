import { expect } from 'vitest';
import { MAX_LINE_CHARACTERS } from '../../../../lambdas/batch/result-lines.ts';
import { isBilledApart } from '../../../../lambdas/job/summary.ts';
import { addTokens, NO_TOKENS, type Tokens } from '../../../../lambdas/money/prices.ts';
import type { ReportRow } from '../../../../lambdas/report/row.ts';
import {
  type Answered,
  answeredSchema,
  type Plan,
  type Unfiled,
  unfiledSchema,
} from '../../../../lambdas/shared/ledger-rows.ts';
import { textMark } from '../../../../lambdas/shared/names.ts';
import { unpack } from '../../../../lambdas/shared/packed.ts';
import { jsonOrUndefined as json } from '../../../../lambdas/shared/parse.ts';
import { checkItem } from '../../../support/memory/dynamodb.ts';
import { idOf, shownTo } from './store.ts';

export interface Written {
  plan: Plan;
  answered: Answered[];
  unfiled: Unfiled[];
  reports: ReportRow[];
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

/** What must be true of the rows that collecting some results left, whatever was in them. */
export function expectAllHolds(lines: readonly Buffer[], written: Written): void {
  const texts = textsOf(lines);
  for (const row of [...written.answered, ...written.unfiled, ...written.reports]) checkItem({ ...row });
  for (const row of written.answered) answeredSchema.parse(row);
  for (const row of written.unfiled) unfiledSchema.parse(row);
  expectNothingLost(texts, written);
  expectNothingMisfiled(written);
  for (const row of written.reports) expectGoodReport(row, written);
  expect(Object.keys(Object.prototype)).toEqual([]);
}

/** The lines of a stream as any editor would show them, each once, without blank ones. */
function textsOf(lines: readonly Buffer[]): Set<string> {
  const all = lines.flatMap((line) => line.toString('latin1').split('\n'));
  const texts = all.map((line) =>
    Buffer.from(line, 'latin1')
      .toString('utf8')
      .replace(/^\ufeff/, '')
      .replace(/\r$/, ''),
  );
  return new Set(texts.filter((text) => text.trim() !== ''));
}

/** Every line is kept under its own mark, once, and what was billed is billed. */
function expectNothingLost(texts: Set<string>, { answered, unfiled }: Written): void {
  const read = [...texts].filter((text) => Buffer.byteLength(text) <= MAX_LINE_CHARACTERS);
  const bill = { apart: unfiled.filter(isBilledApart), sections: answered };
  const kept = [
    ...bill.apart.map((row) => row.entry.split('#')[2]),
    ...bill.sections.flatMap(({ line_mark }) => line_mark ?? []),
  ];
  expect(new Set(kept).size).toBe(kept.length);
  expect(kept.sort().join('\n')).toBe(read.map(textMark).sort().join('\n'));
  for (const { raw, entry, line_mark } of [...unfiled, ...answered] as (Answered & Unfiled)[]) {
    if (!raw) continue;
    const text = unpack(raw);
    const mark = line_mark ?? entry.split('#')[2];
    // of what does not pack well enough for a row, as much is kept as surely fits
    const begins = text.length > 100_000 && read.some((line) => line.startsWith(text) && textMark(line) === mark);
    if (textMark(text) !== mark && !begins) throw new Error(`${entry} does not hold the line that it is named after`);
  }
  const sum = (all: (Tokens | undefined)[]) =>
    all.reduce<Tokens>((one, two) => addTokens(one, two ?? NO_TOKENS), NO_TOKENS);
  expect(sum([...bill.apart, ...bill.sections].map(({ tokens }) => tokens))).toEqual(sum(read.map(tokensOf)));
}

/** What a line says it was billed for, read without the code under test. */
function tokensOf(text: string): Tokens | undefined {
  const { type, message } = mapOf(mapOf(json(text)).result);
  const usage = mapOf(message).usage;
  if (type !== 'succeeded' || typeof usage !== 'object' || usage === null || Array.isArray(usage)) return undefined;
  const names = ['input_tokens', 'output_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'];
  const counts = names.map((name) => mapOf(usage)[name] ?? 0);
  if (!counts.every((count) => Number.isSafeInteger(count) && (count as number) >= 0)) return undefined;
  const [input = 0, output = 0, cache_write = 0, cache_read = 0] = counts as number[];
  return { input, output, cache_write, cache_read };
}

/** A section's answer is a line that names the section, or the one line without a name that was left for it. */
function expectNothingMisfiled({ plan, answered, unfiled }: Written): void {
  expect(answered.map(({ entry }) => entry).sort()).toEqual([...new Set(answered.map(({ entry }) => entry))].sort());
  const eliminated = new Set(unfiled.map(({ filed_as }) => filed_as));
  for (const row of answered) {
    const ordinal = Number(row.entry.split('#')[2]);
    expect(ordinal).toBeLessThan(plan.sections);
    expect(row.section).toBe(`section_${ordinal}`);
    if (!row.raw) expect(row).toMatchObject({ kind: 'ask_again', reason: 'missing' });
    else if (!eliminated.has(row.section)) {
      const text = unpack(row.raw);
      const named = json(text) === undefined ? /^\{"custom_id":"([^"]*)"/.exec(text)?.[1] : mapOf(json(text)).custom_id;
      expect(named).toBe(idOf(ordinal));
    }
  }
}

/** A row of the reports table is what the web client can show: its shape, its own section's comments, plain text. */
function expectGoodReport(row: ReportRow, { plan, answered, unfiled }: Written): void {
  const ordinal = Number(/^section_(\d+)$/.exec(row.section)?.[1] ?? Number.NaN);
  expect(row.rid_section_model).toBe(`${plan.report_id}#${row.section}#${plan.model}`);
  expect(row.timestamp).toBe(plan.report_timestamp);
  if (Number.isNaN(ordinal)) expect(unfiled.filter(({ filed_as }) => filed_as === row.section)).toHaveLength(1);
  else
    expect(answered.find(({ section }) => section === row.section)?.kind === 'stored').toBe(row.errors === undefined);
  const report = JSON.parse(row.report_data);
  expect(Object.keys(report)).toEqual(['id', 'title', 'paragraphs']);
  const cited = [];
  for (const paragraph of list(report.paragraphs)) {
    expect(Object.keys(paragraph)).toEqual(['id', 'title', 'sentences']);
    for (const sentence of list(paragraph.sentences))
      for (const clause of list(sentence.clauses)) {
        expect(Object.keys(clause)).toEqual(['text', 'citations']);
        expect(clause.text.trim()).not.toBe('');
        cited.push(...(row.errors === undefined ? list(clause.citations) : clause.citations));
      }
  }
  for (const tid of cited) {
    const known = Number.isNaN(ordinal) || shownTo(ordinal).includes(tid);
    if (!known || !Number.isSafeInteger(tid) || tid < 0) throw new Error(`${row.section} cites ${tid}`);
  }
  for (const text of stringsOf([report, row.metadata])) {
    if (CONTROL.test(text) || !text.isWellFormed()) throw new Error(`${row.section} holds ${JSON.stringify(text)}`);
  }
  expect(String(report.title).length).toBeLessThanOrEqual(500);
}

// biome-ignore lint/suspicious/noExplicitAny: the shape is what is being looked at
function list(value: any): any[] {
  expect(Array.isArray(value) && value.length > 0).toBe(true);
  return value;
}

const stringsOf = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(stringsOf)
      : [];

const mapOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
