import { afterAll, beforeAll, expect, it } from 'vitest';
import { postgresPool } from '../../../lambdas/stores/postgres.ts';
import { loadPostgres } from '../../../local/embedded/polis.ts';
import { startPostgres } from '../../../local/embedded/postgres.ts';
import { readExport } from '../../../local/export/read-export.ts';
import { changedExport, EXPORT, removeFolders } from '../../support/export.ts';

let postgres: Awaited<ReturnType<typeof startPostgres>>;
let pool: ReturnType<typeof postgresPool>;
beforeAll(async () => {
  postgres = await startPostgres({});
  pool = postgresPool(postgres.url);
});
afterAll(async () => {
  await removeFolders();
  await pool.end();
  await postgres.stop();
});

const modLevel = async (): Promise<unknown> => (await pool.query('SELECT mod_level FROM reports')).rows;

it('a database of an earlier version gets the column that it lacks', async () => {
  await pool.query('CREATE TABLE reports (rid bigserial PRIMARY KEY, report_id varchar(300) UNIQUE, zid int)');
  await pool.query('ALTER TABLE reports ADD COLUMN report_name varchar(999)');
  await loadPostgres(pool, await readExport(EXPORT));
  expect(await modLevel()).toEqual([{ mod_level: -1 }]);
});

it('moderation, seeds and comments about the voter reach the database, and the level that the report shows', async () => {
  const marked = (text: string) =>
    text
      .replace('moderated,', 'moderated,is-seed,is-meta,')
      .replace(/^(\d{13},[^,]*,(\d+),\d+,\d+,\d+,-?\d),/gm, (_, row, tid) => `${row},${tid === '3'},${tid === '12'},`);
  await loadPostgres(pool, await readExport(await changedExport({ 'comments.csv': marked }), { allComments: true }));
  expect(await modLevel()).toEqual([{ mod_level: -2 }]);
  const { rows } = await pool.query(
    'SELECT tid, mod, active, is_seed, is_meta FROM comments WHERE mod < 0 OR is_seed OR is_meta ORDER BY tid',
  );
  expect(rows).toEqual([
    { tid: 3, mod: 0, active: true, is_seed: true, is_meta: false },
    { tid: 11, mod: -1, active: true, is_seed: false, is_meta: false },
    { tid: 12, mod: 1, active: true, is_seed: false, is_meta: true },
  ]);
});

it('the longest comment and topic of Polis fit', async () => {
  const folder = await changedExport({
    'comments.csv': (text) => text.replace(',asdf', `,${'😀'.repeat(1000)}`),
    'summary.csv': (text) => text.replace(/^topic,.*$/m, `topic,${'ü'.repeat(1000)}`),
  });
  await loadPostgres(pool, await readExport(folder));
  const { rows } = await pool.query('SELECT length(txt) AS length FROM comments ORDER BY 1 DESC LIMIT 1');
  expect(rows).toEqual([{ length: 1000 }]);
});
