import { describe, expect, it } from 'vitest';
import { erase, textsOfComment } from '../../../cli/erase/texts.ts';
import { sectionRow } from '../../../lambdas/shared/ledger-rows.ts';
import { customId, entry } from '../../../lambdas/shared/names.ts';
import { pack } from '../../../lambdas/shared/packed.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { JOB, plan, promptRow, reportRow, section } from '../../support/make.ts';
import { clientOf } from '../../support/memory/dynamodb.ts';
import { unitWorld } from '../../support/unit-world.ts';

const TID = 45;
const TABLES = { jobs: TABLE_NAMES.jobs, ledger: TABLE_NAMES.ledger, reports: TABLE_NAMES.reports };
const line = (mark: string, change: Record<string, unknown>) => ({
  job_id: JOB,
  entry: entry.unfiled(1, mark),
  why: 'unknown_custom_id',
  raw: pack('{"citations":[1]}'),
  tokens: { input: 1, output: 1, cache_write: 0, cache_read: 0 },
  ...change,
});

/** Erases the comment from a ledger and reports that hold these rows. @returns keys of the rows that lost their text, and what is left */
async function erased(ledger: readonly object[], reports: readonly object[] = []) {
  const { db } = unitWorld();
  const put = (TableName: string, Item: object) =>
    db.apply({ constructor: { name: 'PutCommand' }, input: { TableName, Item } });
  for (const row of ledger) put(TABLES.ledger, row);
  for (const row of reports) put(TABLES.reports, row);
  const client = clientOf(db);
  const scope = { jobs: [JOB], reports: ['r1abc'], underWay: [] };
  const found = await textsOfComment(client, TABLES, scope, TID);
  await erase(client, TABLES, found);
  const again = await textsOfComment(client, TABLES, scope, TID);
  expect(again).toEqual([]);
  return {
    keys: found.map(({ key }) => key.entry ?? key.rid_section_model).sort(),
    ledger: db.rows(TABLES.ledger),
    reports: db.rows(TABLES.reports),
  };
}

const shows = sectionRow(section(0, { shown: [1, TID] }));
const other = sectionRow(section(1, { shown: [1, 2] }));
const planned = [plan({ sections: 2 }), shows, other, promptRow(0), promptRow(1)];

describe('erasing a comment', () => {
  it('takes the text of lines that answer a section that shows it, or that may answer any', async () => {
    const lines = [
      line('of-it', { custom_id: customId(JOB, 1, 0) }),
      line('of-other', { custom_id: customId(JOB, 1, 1) }),
      line('of-nobody', { custom_id: undefined, why: 'bad_line' }),
      line('filed-as-other', { custom_id: undefined, filed_as: 'section_1' }),
      line('cites-it', { custom_id: customId(JOB, 1, 1), raw: pack('{"citations":[45]}') }),
    ];
    const { keys, ledger } = await erased([...planned, ...lines]);
    const marks = ['of-it', 'of-nobody', 'cites-it'].map((mark) => entry.unfiled(1, mark));
    expect(keys).toEqual([entry.prompt(0), ...marks].sort());
    const left = ledger.filter((row) => marks.includes(String(row.entry)));
    for (const row of left) {
      expect(row).not.toHaveProperty('raw');
      expect(row.tokens).toBeDefined();
    }
    expect(left).toHaveLength(3);
  });

  it('takes everything of a job that another version of this project planned', async () => {
    const asked = { job_id: JOB, entry: 'asked#1#000000', prompt: pack('all of it') };
    const old = { ...plan(), format: 1 };
    const rows = [reportRow({ report_id: 'r1abc', job_id: JOB, rid_section_model: 'r1abc#x#m' })];
    const { ledger, reports } = await erased([old, asked], rows);
    expect(ledger).toEqual([]);
    expect(reports).toMatchObject([{ errors: expect.stringMatching(/^erased/) }]);
  });

  it('takes what a job without a plan has left', async () => {
    const { keys } = await erased([shows, other, promptRow(0), promptRow(1)]);
    expect(keys).toEqual([entry.prompt(0)]);
  });

  it('replaces sections that were made from it, also under a name of their own, and leaves other jobs’ alone', async () => {
    const stored = (section: string, job_id = JOB) =>
      reportRow({ report_id: 'r1abc', section, job_id, rid_section_model: `r1abc#${section}#m` });
    const rows = ['section_0', 'section_1', 'topic_abc'].map((section) => stored(section));
    const gap = reportRow({ ...stored('empty'), errors: 'no_comments: no comment belongs here' });
    const { keys } = await erased(planned, [...rows, gap, stored('section_0', 'another')]);
    expect(keys).toEqual([entry.prompt(0), 'r1abc#section_0#m', 'r1abc#topic_abc#m'].sort());
  });
});
