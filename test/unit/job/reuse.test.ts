import { describe, expect, it } from 'vitest';
import { findReusable } from '../../../lambdas/job/reuse.ts';
import type { ReportKey } from '../../../lambdas/report/row.ts';

const MADE = { model: 'claude-sonnet-5-5', prompt_version: 'test', schema_version: 1 };
const SHOWN = [0, 1, 2];

const text = (citations: unknown = [0, 2]) =>
  JSON.stringify({ paragraphs: [{ sentences: [{ clauses: [{ text: 'words', citations }] }] }] });

/** A stored section, bought by `job` for the prompt of this hash. */
function row(
  job: string,
  prompt_hash: string,
  change: Record<string, unknown> = {},
  meta: Record<string, unknown> = {},
) {
  return {
    rid_section_model: `r1abc#section_${prompt_hash}#${MADE.model}`,
    timestamp: `2026-11-22T10:00:00.000Z ${job}`,
    job_id: job,
    section: `section_${prompt_hash}`,
    model: MADE.model,
    batch_id: `msgbatch_${job}`,
    report_data: text(),
    metadata: { prompt_hash, prompt_version: 'test', schema_version: 1, cost_usd: 0.25, ...meta },
    ...change,
  };
}
type Row = ReturnType<typeof row>;

/** A reports table of these rows, newest first; what was read of it is kept. */
function tableOf(rows: readonly Row[]) {
  const read = { listed: 0, keys: [] as number[] };
  const stored = {
    async *newest() {
      for (const { report_data: _, ...about } of rows) {
        read.listed += 1;
        yield about;
      }
    },
  };
  const reports = {
    async read(keys: readonly ReportKey[]) {
      read.keys.push(keys.length);
      const wanted = new Set(keys.map(({ rid_section_model, timestamp }) => rid_section_model + timestamp));
      return rows.filter(({ rid_section_model, timestamp }) => wanted.has(rid_section_model + timestamp)).reverse();
    },
  };
  return { table: { reports, stored }, read };
}

const find = (rows: readonly Row[], ...hashes: string[]) =>
  findReusable(
    tableOf(rows).table,
    'r1abc',
    MADE,
    hashes.map((prompt_hash) => ({ prompt_hash, shown: SHOWN })),
  );
const jobsOf = (found: Awaited<ReturnType<typeof find>>) =>
  Object.fromEntries([...found].map(([hash, { from }]) => [hash, from.job_id]));

describe('the stored texts of a report', () => {
  it('are found by prompt hash, the newest of each', async () => {
    const rows = [row('new', 'a'), row('old', 'a'), row('old', 'b'), row('old', 'c')];
    expect(jobsOf(await find(rows, 'a', 'b', 'x'))).toEqual({ a: 'new', b: 'old' });
  });

  it('come with the row to read, the job that paid, and the price of then', async () => {
    const found = await find([row('job', 'a')], 'a');
    const { rid_section_model, timestamp, section } = row('job', 'a');
    expect(found.get('a')).toEqual({
      key: { rid_section_model, timestamp },
      from: { job_id: 'job', section, timestamp },
      saved_micro_usd: 250_000,
    });
  });

  it('tell of the first job when they were reused themselves', async () => {
    const from = { job_id: 'first', section: 'section_a', timestamp: 'then' };
    expect((await find([row('second', 'a', {}, { reused_from: from })], 'a')).get('a')?.from).toEqual(from);
  });

  it.each<[string, Row]>([
    ['is cut off', row('new', 'a', { report_data: text().slice(0, 30) })],
    ['is no JSON', row('new', 'a', { report_data: 'words' })],
    ['is missing', row('new', 'a', { report_data: undefined })],
    ['has no paragraph', row('new', 'a', { report_data: '{"paragraphs":[]}' })],
    ['has a clause without a citation', row('new', 'a', { report_data: text([]) })],
    ['cites a comment that the prompt does not show', row('new', 'a', { report_data: text([0, 3]) })],
    ['is of another model', row('new', 'a', { model: 'claude-haiku-4-5' })],
    ['tells of an error', row('new', 'a', { errors: 'refusal: the model refused to answer' })],
    ['tells of an error in another shape', row('new', 'a', { errors: ['x'] })],
    ['is of another prompt version', row('new', 'a', {}, { prompt_version: 'older' })],
    ['is of another schema version', row('new', 'a', {}, { schema_version: 2 })],
    ['names no schema version', row('new', 'a', {}, { schema_version: undefined })],
    ['names no prompt hash', row('new', 'a', {}, { prompt_hash: undefined })],
    ['has no metadata', row('new', 'a', { metadata: undefined })],
    ['has metadata of another kind', row('new', 'a', { metadata: '{"topic_name":"Buses"}' })],
    ['names no job', row('new', 'a', { job_id: undefined })],
  ])('are passed over for an older one where one %s', async (_, bad) => {
    expect(await find([bad], 'a')).toEqual(new Map());
    expect(jobsOf(await find([bad, row('old', 'a')], 'a'))).toEqual({ a: 'old' });
  });

  it.each([undefined, null, -1, '0.25', Number.NaN])(
    'are reused at an unknown price where it says %s',
    async (cost_usd) => {
      const found = await find([row('job', 'a', {}, { cost_usd })], 'a');
      expect(found.get('a')).toMatchObject({ from: { job_id: 'job' } });
      expect(found.get('a')?.saved_micro_usd).toBeUndefined();
    },
  );

  it('are read no further back than something is looked for, and some at a time', async () => {
    const hashes = Array.from({ length: 60 }, (_, index) => `h${index}`);
    const runs = ['c', 'b', 'a'].flatMap((job) => hashes.map((hash) => row(job, hash)));
    const { table, read } = tableOf(runs);
    const wanted = hashes.map((prompt_hash) => ({ prompt_hash, shown: SHOWN }));
    const found = await findReusable(table, 'r1abc', MADE, wanted);
    expect(new Set([...found.values()].map(({ from }) => from.job_id))).toEqual(new Set(['c']));
    expect(read).toEqual({ listed: 60, keys: [25, 25, 10] });
  });

  it('are not listed when nothing is looked for', async () => {
    const { table, read } = tableOf([row('job', 'a')]);
    expect(await findReusable(table, 'r1abc', MADE, [])).toEqual(new Map());
    expect(read).toEqual({ listed: 0, keys: [] });
  });

  it('are left alone when they are gone or changed between the index and the table', async () => {
    const { table } = tableOf([row('gone', 'a'), row('job', 'b')]);
    const read: typeof table.reports.read = async (keys) =>
      (await table.reports.read(keys)).flatMap((found) => {
        if (found.job_id === 'gone') return [];
        return [{ ...found, metadata: { ...found.metadata, prompt_hash: 'other' } }];
      });
    const wanted = ['a', 'b'].map((prompt_hash) => ({ prompt_hash, shown: SHOWN }));
    expect(await findReusable({ ...table, reports: { read } }, 'r1abc', MADE, wanted)).toEqual(new Map());
  });
});
