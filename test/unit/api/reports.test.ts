import { describe, expect, it } from 'vitest';
import { answered } from '../../../lambdas/api/http.ts';
import { answerReports } from '../../../lambdas/api/reports.ts';
import type { StoredReport } from '../../../lambdas/report/public.ts';
import { storedRow } from '../../../lambdas/report/row.ts';
import { StoreUnavailable } from '../../../lambdas/shared/errors.ts';
import { memoryLog, REPORT, reportRow, SECRET_ZID } from '../../support/make.ts';

const { log, lines } = memoryLog();
const get = (query: Record<string, string | undefined>, rows: StoredReport[] = []) =>
  answerReports({ storedReports: async () => rows, log }, { query, body: '' });
// biome-ignore lint/suspicious/noExplicitAny: the body is looked at as a client would
const bodyOf = async (...asked: Parameters<typeof get>): Promise<any> =>
  JSON.parse(JSON.stringify((await get(...asked)).body));

describe('GET /api/v3/delphi/reports', () => {
  it('answers in the shape of the Polis server', async () => {
    const row = reportRow();
    const { rid_section_model: _, report_id: __, ...section } = row;
    expect(await get({ report_id: REPORT }, [row])).toEqual({
      status: 200,
      body: {
        status: 'success',
        message: expect.any(String),
        request_report_id: REPORT,
        reports: { [String(row.section)]: { ...section, errors: undefined } },
        current_job_id: row.job_id,
        available_runs: [
          { job_id: row.job_id, latest_timestamp: row.timestamp, model: row.model, sectionCount: 1, isCurrent: true },
        ],
      },
    });
  });

  it.each([
    [{}],
    [{ report_id: '' }],
    [{ report_id: 'r1#groups' }],
    [{ report_id: 'r1,r2' }],
    [{ report_id: '../etc' }],
    [{ report_id: 'r'.repeat(301) }],
    [{ report_id: REPORT, section: 'x'.repeat(1_001) }],
    [{ report_id: REPORT, job_id: 'x'.repeat(1_001) }],
  ])('refuses %j with 400 and names the parameter', async (query) => {
    const { status, body } = await get(query);
    const name = Object.keys(query).at(-1) ?? 'report_id';
    expect({ status, body }).toEqual({
      status: 400,
      body: { status: 'error', message: expect.stringMatching(new RegExp(`^${name}: must be`)) },
    });
  });

  it('answers an unknown report, and one with 0 sections, with a success that holds none', async () => {
    expect(await bodyOf({ report_id: REPORT })).toEqual({
      status: 'success',
      message: 'No reports found for this report_id',
      request_report_id: REPORT,
      reports: {},
      available_runs: [],
    });
  });

  it('gives the newest run unless another is asked for, and lists both, newest first', async () => {
    const old = reportRow({ job_id: 'old' });
    const rows = [reportRow({ job_id: 'new' }), old, reportRow({ job_id: 'new', section: 'b' })];
    const newest = await bodyOf({ report_id: REPORT }, rows);
    expect(newest.current_job_id).toBe('new');
    expect(Object.keys(newest.reports).sort()).toEqual(['b', 'batch_re_global_groups']);
    expect(newest.available_runs).toMatchObject([
      { job_id: 'new', sectionCount: 2, isCurrent: true },
      { job_id: 'old', sectionCount: 1, isCurrent: false },
    ]);
    const asked = await bodyOf({ report_id: REPORT, job_id: 'old' }, rows);
    expect(asked.reports.batch_re_global_groups).toMatchObject({ timestamp: old.timestamp, job_id: 'old' });
    expect(asked.available_runs.map(({ isCurrent }: { isCurrent: boolean }) => isCurrent)).toEqual([false, true]);
    expect((await bodyOf({ report_id: REPORT, job_id: 'unknown' }, rows)).reports).toEqual({});
  });

  it('returns one section when asked, and ignores an empty parameter', async () => {
    const rows = [reportRow(), reportRow({ section: 'b' })];
    expect(Object.keys((await bodyOf({ report_id: REPORT, section: 'b' }, rows)).reports)).toEqual(['b']);
    expect(Object.keys((await bodyOf({ report_id: REPORT, section: '', job_id: '' }, rows)).reports)).toHaveLength(2);
    expect((await bodyOf({ report_id: REPORT, section: 'unknown' }, rows)).reports).toEqual({});
  });

  it('keeps a section of any name as a section', async () => {
    const body = await bodyOf({ report_id: REPORT }, [reportRow({ section: '__proto__' })]);
    expect(Object.keys(body.reports)).toEqual(['__proto__']);
  });

  it('passes errors on, and uses the newest row of a section written twice', async () => {
    const rows = [reportRow({ errors: 'refused: no' }), reportRow({ report_data: '{"id":"2"}' })];
    const body = await bodyOf({ report_id: REPORT }, rows.toReversed());
    expect(body.reports.batch_re_global_groups).toMatchObject({ report_data: '{"id":"2"}' });
    expect(body.reports.batch_re_global_groups).not.toHaveProperty('errors');
    expect((await bodyOf({ report_id: REPORT }, rows.slice(0, 1))).reports.batch_re_global_groups.errors).toBe(
      'refused: no',
    );
  });

  it('answers 503 with retry-after when the table cannot be reached, without details', async () => {
    const { status, body, headers } = await answered(log, () =>
      answerReports(
        { storedReports: () => Promise.reject(new StoreUnavailable('DynamoDB could not query T (Throttled)')), log },
        { query: { report_id: REPORT }, body: '' },
      ),
    );
    expect({ status, headers }).toEqual({ status: 503, headers: { 'retry-after': '5' } });
    expect(JSON.stringify(body)).not.toMatch(/DynamoDB|Throttled/);
    expect(lines.at(-1)).toMatchObject({ level: 'error', fields: { error_name: 'StoreUnavailable' } });
  });

  it('answers any other failure with 500, without the words of the error', async () => {
    const answer = await answered(log, () => Promise.reject(new SyntaxError(`bad "comment of zid ${SECRET_ZID}"`)));
    expect(answer).toMatchObject({ status: 500, body: { status: 'error' } });
    expect(JSON.stringify([answer, lines.at(-1)])).not.toMatch(/bad|90871263|comment of/);
    const { error_name, at } = (lines.at(-1)?.fields ?? {}) as { error_name: string; at: string[] };
    expect(error_name).toBe('SyntaxError');
    for (const frame of at) expect(frame).toMatch(/^\s+at /);
  });
});

describe('the conversation’s number', () => {
  const zid = String(SECRET_ZID);
  const asJson = async (rows: StoredReport[], more: Record<string, string> = {}) =>
    JSON.stringify((await get({ report_id: REPORT, ...more }, rows)).body);

  it.each([
    ['conversation_id as text', { conversation_id: zid }],
    ['conversation_id as a number', { conversation_id: SECRET_ZID }],
    ['zid', { zid: SECRET_ZID, topic_name: 'Buses' }],
    ['a key nobody knows', { source: `conversation ${zid}` }],
    ['a custom_id', { custom_id: `${zid}_layer0_3` }],
    ['a map in a map', { run: { conversation_id: zid } }],
    ['a list', { ids: [zid] }],
    ['JSON text', JSON.stringify({ conversation_id: SECRET_ZID })],
    ['a name beside the number', { conversation_id: zid, topic_name: `Topics of ${zid}` }],
  ])('does not leave in metadata, held in %s', async (_, metadata) => {
    expect(await asJson([reportRow({ metadata })])).not.toContain(zid);
  });

  const old = [
    reportRow({ job_id: `batch_${zid}_1700000000`, metadata: { conversation_id: zid, cluster_id: 3 } }),
    reportRow({ job_id: `batch_${zid}_1600000000`, metadata: undefined, errors: `no data for conversation ${zid}.` }),
    reportRow({
      job_id: `batch_${zid}_1600000000`,
      section: 'layer0_1',
      metadata: undefined,
      errors: { zid: SECRET_ZID },
    }),
  ];

  it('does not leave in the job ids and errors of rows of the old pipeline', async () => {
    expect(await asJson(old)).not.toContain(zid);
    expect(await asJson(old, { job_id: 'batch_x_1600000000' })).not.toContain(zid);
  });

  it('is hidden so that its run can still be asked for', async () => {
    const { available_runs } = await bodyOf({ report_id: REPORT }, old);
    for (const { job_id, sectionCount } of available_runs) {
      const body = await bodyOf({ report_id: REPORT, job_id }, old);
      expect(body.current_job_id).toBe(job_id);
      expect(Object.keys(body.reports)).toHaveLength(sectionCount);
    }
    expect(available_runs).toHaveLength(2);
  });

  it('is not taken for a cluster, a citation or part of a longer number', async () => {
    const row = reportRow({
      metadata: { conversation_id: '3', cluster_id: 3, topic_key: 'uuid3#0#3', topic_name: '30 buses' },
      report_data: '{"citations":[3]}',
      job_id: 'batch_report_r3_1795348800_00000003',
    });
    expect((await bodyOf({ report_id: REPORT }, [row])).reports.batch_re_global_groups).toMatchObject({
      metadata: { cluster_id: 3, topic_name: '30 buses' },
      report_data: '{"citations":[3]}',
      job_id: 'batch_report_r3_1795348800_00000003',
    });
  });

  it('is all that is taken from the metadata that this project writes', async () => {
    const plan = {
      report_id: REPORT,
      model: 'm',
      report_timestamp: 't',
      report_job_id: 'j',
      prompt_version: 'p',
      schema_version: 1,
    };
    const facts = {
      section: 's',
      kind: 'topic',
      title: 'T',
      shown: [1],
      topic: { topic_key: 'u#0#1', name: 'N', layer: 0, cluster: 1 },
    };
    const row = storedRow(plan as never, facts as never, 'b', { id: 's', title: 'T', paragraphs: [] });
    const body = await bodyOf({ report_id: REPORT }, [row]);
    expect(body.reports.s.metadata).toEqual(row.metadata);
  });
});
