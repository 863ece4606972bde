import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cites } from '../../../cli/erase/texts.ts';
import { unpack } from '../../../lambdas/shared/packed.ts';
import { writeAll } from '../../../lambdas/stores/dynamodb.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { oneLine, useDeployed } from '../../support/cli/deployed.ts';
import { allRows, rowText } from '../../support/readers.ts';
import { startWorld, type World } from '../../support/world.ts';

const deployed = useDeployed();
const TABLES = [TABLE_NAMES.jobs, TABLE_NAMES.ledger, TABLE_NAMES.reports];

/** Rows of a finished job, as they are before anything is erased. */
const before = new Map<string, Record<string, unknown>[]>();
let world: World;
let zid: string;
let report: string;
beforeAll(async () => {
  world = await startWorld();
  await world.run();
  // the second one has its answers from the first
  await world.run();
  for (const table of TABLES) before.set(table, await allRows(world.db, table));
  zid = String(world.data.conversation.zid);
  report = world.data.report.report_id;
});
afterAll(() => world.close());

const put = (TableName: string, Item: Record<string, unknown>) => deployed.db.send(new PutCommand({ TableName, Item }));
beforeEach(async () => {
  for (const table of TABLES)
    await writeAll(
      deployed.db,
      table,
      (before.get(table) ?? []).map((Item) => ({ PutRequest: { Item } })),
    );
});

/** All that a row holds, unpacked. */
const textOf = (row: object): string =>
  JSON.stringify(row, (_, value) => (value instanceof Uint8Array ? readable(value) : value));
const readable = (bytes: Uint8Array) => unpack(bytes);
const texts = async (table: string) => (await allRows(deployed.db, table)).map(textOf);
const contents = () =>
  Promise.all(TABLES.map(async (table) => (await allRows(deployed.db, table)).map(rowText).sort()));
/** Comments that nothing else can be mistaken for. */
const telling = () => world.data.comments.map(({ txt }) => txt).filter((txt) => txt.length > 20);
/** The comment as a prompt shows it. */
const shownText = (tid: number) =>
  JSON.stringify(world.data.comments.find((each) => each.tid === tid)?.txt).slice(1, -1);
/** A comment that some sections show, and others do not. */
function someComment(): number {
  const sections = (before.get(TABLE_NAMES.ledger) ?? []).filter(({ entry }) => String(entry).startsWith('section#'));
  const shownBy = (section: object) =>
    String((section as { shown: string }).shown)
      .split(',')
      .map(Number);
  const shown = sections.flatMap(shownBy);
  const tid = shown.find((each) => {
    const count = sections.filter((section) => shownBy(section).includes(each)).length;
    return count > 0 && count < sections.length / 2;
  });
  return tid as number;
}

describe('erase of a conversation', () => {
  it('shows by default what it would remove, without comment text, and changes nothing', async () => {
    const rows = await contents();
    const said = await deployed.run(['erase', '--conversation', `00${zid}`]);
    expect(said.code).toBe(0);
    expect(said.out).toMatch(/^to be erased of conversation \d+:/);
    expect(said.out).toMatch(/^ledger +prompt +30 +0$/m);
    expect(said.out).toMatch(/^reports +report +30 +0$/m);
    expect(said.out).toMatch(/nothing was changed; --yes erases it/);
    for (const txt of telling()) expect(said.out).not.toContain(txt);
    expect(await contents()).toEqual(rows);
  });

  it('leaves nothing of it in ledger and reports with --yes, keeps the job rows, and may be run again', async () => {
    expect((await deployed.run(['erase', '--conversation', zid, '--yes'])).code).toBe(0);
    expect(await allRows(deployed.db, TABLE_NAMES.reports)).toEqual([]);
    const left = await allRows(deployed.db, TABLE_NAMES.ledger);
    // ids of batches, reports, days and models only
    expect(left.filter(({ job_id }) => !/^(batch|report|spend|cache):/.test(String(job_id)))).toEqual([]);
    for (const txt of telling()) expect(textOf(left)).not.toContain(txt);
    expect(await allRows(deployed.db, TABLE_NAMES.jobs)).toHaveLength(before.get(TABLE_NAMES.jobs)?.length ?? 0);
    const again = await deployed.run(['erase', '--conversation', zid, '--yes']);
    expect(again).toMatchObject({ code: 0, out: expect.stringMatching(/^no text of conversation \d+ is stored/) });
  });

  it('finds jobs by their plans when a reset has deleted the job rows, and says how far it is', async () => {
    for (const { job_id } of before.get(TABLE_NAMES.jobs) ?? []) await deployed.deleteJob(String(job_id));
    const said = await deployed.run(['erase', '--conversation', zid, '--yes']);
    expect(said.err).toMatch(/^reading the ledger: \d+ rows$/m);
    expect(await allRows(deployed.db, TABLE_NAMES.reports)).toEqual([]);
    expect(await texts(TABLE_NAMES.ledger)).not.toContain(expect.stringContaining('prompt#'));
  });

  it('leaves other conversations alone', async () => {
    const said = await deployed.run(['erase', '--conversation', '4711', '--yes', '--json']);
    expect(said.json()).toMatchObject({ rows: [], jobs: [], reports: [] });
    // a row that names the report of another conversation
    await deployed.putJob({ conversation_id: '4712', report_id: report, status: 'COMPLETED', worker_id: 'x' });
    const other = await deployed.run(['erase', '--conversation', '4712', '--yes', '--json']);
    expect(other.json()).toMatchObject({ rows: [], reports: [] });
    expect(await allRows(deployed.db, TABLE_NAMES.reports)).toHaveLength(30);
    const named = await deployed.run(['erase', '--conversation', '4711', '--report', report, '--yes']);
    expect(named.err).toMatch(/UnknownReport: .* is of another conversation/);
  });

  it('erases a report of which no job is left, when it is named', async () => {
    const row = { rid_section_model: 'rold#layer0_1#m', timestamp: '2026-01-01T00:00:00Z', report_id: 'rold' };
    await put(TABLE_NAMES.reports, row);
    const said = await deployed.run(['erase', '--conversation', '4711', '--report', 'rold', '--yes', '--json']);
    expect(said.json()).toMatchObject({ sections: ['rold#layer0_1#m'], erased: true });
  });

  it.each([
    [{ status: 'PENDING' }, /is PENDING/],
    [{ status: 'PROCESSING', worker_id: 'delphi-worker-3' }, /is PROCESSING/],
    [{ status: 'CANCELLED' }, /is CANCELLED/],
    [{ status: 'AWAITING_RECHECK' }, /is AWAITING_RECHECK/],
    [{ status: 'FAILED', checker_schedule_failed: true }, /has a paid batch that is not collected/],
    [{ status: 'FAILED', execution_status: 'ABORTED' }, /may still be at work/],
    [{ status: 'PENDING', job_type: 'AWAITING_NARRATIVE_BATCH', batch_job_id: 'sender' }, /sender is PENDING/],
  ])('is refused while a job of it is %j', async (change, why) => {
    const job = await deployed.putJob({ conversation_id: zid, report_id: report, ...change });
    const said = await deployed.run(['erase', '--conversation', zid, '--yes', '--json']);
    expect(said.code).toBe(1);
    expect(said.err).toEqual(oneLine(/JobActive/));
    expect(said.err).toEqual(oneLine(why));
    expect(await allRows(deployed.db, TABLE_NAMES.reports)).not.toEqual([]);
    await deployed.deleteJob(job);
  });
});

describe('erase of a comment', () => {
  it('removes prompts, answers and texts that show it, cite it or come from it, and nothing else', async () => {
    const tid = someComment();
    const text = shownText(tid);
    const held = (await texts(TABLE_NAMES.ledger)).filter((row) => row.includes(text));
    expect(held.length).toBeGreaterThan(0);
    const said = await deployed.run(['erase', '--conversation', zid, '--comment', String(tid), '--yes', '--json']);
    expect(said).toMatchObject({ code: 0 });
    const { sections, rows } = said.json() as { sections: string[]; rows: { kind: string; deleted: number }[] };
    expect(rows.map(({ kind }) => kind).sort()).toEqual(['answer', 'answered', 'prompt', 'report']);

    const ledger = await allRows(deployed.db, TABLE_NAMES.ledger);
    for (const row of ledger) expect(textOf(row)).not.toContain(text);
    for (const { raw } of ledger) if (raw) expect(cites(unpack(raw as Uint8Array), tid)).toBe(false);
    const reports = await allRows(deployed.db, TABLE_NAMES.reports);
    expect(reports).toHaveLength(30);
    for (const row of reports) {
      const erased = sections.includes(String(row.rid_section_model));
      expect(typeof row.errors === 'string').toBe(erased);
      expect(cites(row.report_data, tid)).toBe(false);
      if (erased) expect(row.report_data).toMatch(/This part of the report was removed/);
      else expect(before.get(TABLE_NAMES.reports)).toContainEqual(row);
    }
    expect(sections.length).toBeLessThan(30);
    // what it cost is still known
    const erasedAnswers = ledger.filter(({ reason }) => reason === 'erased');
    expect(erasedAnswers.length).toBeGreaterThan(0);
    for (const row of erasedAnswers) expect(row).toMatchObject({ kind: 'failed', cost_micro_usd: expect.any(Number) });

    const again = await deployed.run(['erase', '--conversation', zid, '--comment', String(tid), '--yes', '--json']);
    expect(again.json()).toMatchObject({ rows: [] });
  });

  it('of a report of the old pipeline replaces what cites it', async () => {
    const old = (section: string, data: unknown) => ({
      rid_section_model: `rpast#${section}#m`,
      timestamp: '2026-01-01T00:00:00Z',
      report_id: 'rpast',
      job_id: 'past',
      report_data: data,
      metadata: { topic_name: 'Buses', sample_comments: ['secret text'], conversation_id: '4711' },
    });
    const clauses = (citations: unknown) => ({
      paragraphs: [{ sentences: [{ clauses: [{ text: 'x', citations }] }] }],
    });
    await deployed.putJob({ job_id: 'past', conversation_id: '4711', report_id: 'rpast', status: 'COMPLETED' });
    await put(TABLE_NAMES.reports, old('a', JSON.stringify(clauses([1, 45]))));
    await put(TABLE_NAMES.reports, old('b', clauses(['45'])));
    await put(TABLE_NAMES.reports, old('c', JSON.stringify(clauses([4, 5, 145, 450]))));
    const said = await deployed.run(['erase', '--conversation', '4711', '--comment', '45', '--yes', '--json']);
    expect(said.json()).toMatchObject({ sections: ['rpast#a#m', 'rpast#b#m'] });
    const rows = (await allRows(deployed.db, TABLE_NAMES.reports)).filter(({ report_id }) => report_id === 'rpast');
    const erased = rows.filter(({ errors }) => errors !== undefined);
    expect(erased.map(({ rid_section_model }) => rid_section_model).sort()).toEqual(['rpast#a#m', 'rpast#b#m']);
    for (const row of erased) {
      expect(row).toMatchObject({ job_id: 'past', metadata: { topic_name: 'Buses' } });
      expect(textOf(row)).not.toMatch(/secret text|4711/);
    }
  });

  it.each([
    ['{"citations":[1,45]}', true],
    ['{\\"citations\\": [ 45 ]', true],
    ["{'citations': ['45']}", true],
    ['{"citations":[45.0, 2', true],
    ['{"citations":45}', true],
    ['{"citations":[1,450,145]} 45', false],
    ['{"text":"45","citations":[4,5]}', false],
    ['', false],
  ])('takes %s for citing comment 45: %s', (text, expected) => {
    expect(cites(text, 45)).toBe(expected);
  });
});

it.each([
  [['erase'], /--conversation is missing/],
  [['erase', '--conversation', 'r1'], /--conversation should be the conversation’s zid/],
  [['erase', '--conversation', '7', '--comment', '-1'], /--comment should be the comment’s tid|argument missing/],
  [['erase', '--comment', '4'], /--conversation is missing/],
])('%j is a usage error', async (args, line) => {
  const said = await deployed.run(args);
  expect(said.code).toBe(2);
  expect(said.err).toEqual(oneLine(line));
});
