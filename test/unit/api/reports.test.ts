import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answered } from '../../../lambdas/api/http.ts';
import { answerReports } from '../../../lambdas/api/reports.ts';
import type { StoredReport } from '../../../lambdas/report/public.ts';
import { storedRow } from '../../../lambdas/report/row.ts';
import { StoreUnavailable } from '../../../lambdas/shared/errors.ts';
import { memoryLog, REPORT, reportRow, SECRET_ZID } from '../../support/make.ts';

const { log, lines } = memoryLog();
const get = (query: Record<string, string | undefined>, rows: readonly object[] = []) =>
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

describe('a section that is asked for', () => {
  const rows = [
    reportRow({ section: 'batch_re_global_groups' }),
    reportRow({ section: 'u_0_10' }),
    reportRow({ section: 'u_0_1' }),
  ];
  const asked = async (section: string) => (await bodyOf({ report_id: REPORT, section }, rows)).reports;

  it('is found by a part of its name, and answered under the name that was asked for', async () => {
    expect(await asked('global_groups')).toEqual({
      global_groups: expect.objectContaining({ section: 'batch_re_global_groups', report_data: rows[0]?.report_data }),
    });
  });

  it('is the one of exactly this name, if there is one', async () => {
    expect(await asked('u_0_1')).toEqual({ u_0_1: expect.objectContaining({ section: 'u_0_1' }) });
  });

  it('is looked for in the run that is shown only', async () => {
    const newer = [...rows, reportRow({ job_id: 'newer', section: 'b' })];
    expect((await bodyOf({ report_id: REPORT, section: 'global_groups' }, newer)).reports).toEqual({});
  });
});

describe('a row of another pipeline', () => {
  const without = (...names: (keyof StoredReport)[]) =>
    Object.fromEntries(Object.entries(reportRow()).filter(([name]) => !names.includes(name as keyof StoredReport)));

  it('without a job belongs to the run of its day', async () => {
    const rows = [
      { ...without('job_id'), timestamp: '2026-03-01T10:00:00Z' },
      { ...reportRow({ section: 'b' }), timestamp: '2026-03-01T11:00:00Z', job_id: '' },
      { ...without('job_id'), timestamp: '2026-03-02T10:00:00Z' },
    ];
    const { available_runs, current_job_id } = await bodyOf({ report_id: REPORT }, rows);
    expect(current_job_id).toBe('unknown_job_2026-03-02');
    expect(available_runs).toMatchObject([
      { job_id: 'unknown_job_2026-03-02', sectionCount: 1 },
      { job_id: 'unknown_job_2026-03-01', sectionCount: 2 },
    ]);
    const older = await bodyOf({ report_id: REPORT, job_id: 'unknown_job_2026-03-01' }, rows);
    expect(Object.keys(older.reports)).toEqual(['batch_re_global_groups', 'b']);
  });

  it('of a day whose year is the conversation’s number can still be asked for', async () => {
    const rows = [{ ...without('job_id'), timestamp: '2026-03-01T10:00:00Z', metadata: { zid: 2026 } }];
    const body = await bodyOf({ report_id: REPORT, job_id: 'unknown_job_2026-03-01' }, rows);
    expect(Object.keys(body.reports)).toHaveLength(1);
  });

  it('without a model or a section has them in its key', async () => {
    const body = await bodyOf({ report_id: REPORT }, [without('model', 'section')]);
    expect(body.reports.batch_re_global_groups).toMatchObject({
      section: 'batch_re_global_groups',
      model: 'claude-sonnet-5-5',
    });
    expect(body.available_runs[0].model).toBe('claude-sonnet-5-5');
  });

  it('whose text is a map is answered with JSON text', async () => {
    const body = await bodyOf({ report_id: REPORT }, [{ ...reportRow(), report_data: { id: 'a', paragraphs: [] } }]);
    expect(body.reports.batch_re_global_groups.report_data).toBe('{"id":"a","paragraphs":[]}');
  });

  it.each([[null], [false], [''], [0]])('with errors of %j has no error', async (errors) => {
    const body = await bodyOf({ report_id: REPORT }, [reportRow({ errors })]);
    expect(body.reports.batch_re_global_groups).not.toHaveProperty('errors');
  });
});

describe('a damaged row', () => {
  const good = reportRow({ section: 'good', metadata: { zid: SECRET_ZID } });
  const damaged = [
    ['without a timestamp', { timestamp: undefined }, ['timestamp'], false],
    ['with a number as timestamp', { timestamp: 5 }, ['timestamp'], false],
    ['without a key', { rid_section_model: undefined }, ['rid_section_model'], false],
    ['with a key that names no section', { rid_section_model: 'r1' }, ['rid_section_model'], false],
    ['with a number as text', { report_data: 7 }, ['report_data'], true],
    ['with bytes as text', { report_data: new Uint8Array([1]) }, ['report_data'], true],
    ['with a set as text', { report_data: new Set(['a']) }, ['report_data'], true],
    ['with a map as section', { section: {} }, ['section'], true],
  ] as const;

  it.each(damaged)(
    '%s does not keep the others from being answered, and is logged with its key',
    async (_, change, attributes, answered) => {
      const row = { ...reportRow({ section: 'bad' }), ...change };
      const { reports } = await bodyOf({ report_id: REPORT }, [good, row]);
      expect(reports.good.report_data).toBe(good.report_data);
      expect('bad' in reports).toBe(answered);
      const line = lines.findLast(({ message }) => message === 'report row is damaged');
      expect(line).toMatchObject({ level: 'warn', fields: { report_id: REPORT, attributes, answered } });
      if (typeof row.rid_section_model === 'string')
        expect(line?.fields?.rid_section_model).toBe(row.rid_section_model);
    },
  );

  it('whose text cannot be read says so to the reader', async () => {
    const { reports } = await bodyOf({ report_id: REPORT }, [
      good,
      { ...reportRow({ section: 'bad' }), report_data: 7 },
    ]);
    expect(reports.bad.errors).toMatch(/^damaged: /);
    expect(reports.bad).not.toHaveProperty('report_data');
  });

  it('may have any other attributes: never a 500, the good row always as it is, and never the zid', async () => {
    const leaf = fc.oneof(
      fc.constantFrom<unknown>(
        undefined,
        null,
        true,
        '',
        'text',
        '{"zid":90871263}',
        '[[{"conversation_id":"90871263"}]]',
        SECRET_ZID,
        Number.NaN,
      ),
      fc.string(),
      fc.double(),
      fc.uint8Array({ maxLength: 4 }),
      fc.constant(new Set([String(SECRET_ZID)])),
    );
    const value = fc.oneof(
      leaf,
      fc.array(leaf, { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom('zid', 'toString', '__proto__', 'conversation_id', 'section_title', 'a'),
        fc.oneof(leaf, fc.dictionary(fc.string(), leaf, { maxKeys: 3 })),
        { maxKeys: 4 },
      ),
    );
    const attributes = [
      'rid_section_model',
      'timestamp',
      'report_id',
      'section',
      'model',
      'job_id',
      'report_data',
      'metadata',
      'errors',
    ];
    // a text that names the zid by itself is the reader's to see; here it is only in what must not be shown
    const hidden = value.filter((v) => !(typeof v === 'string' && v.includes(String(SECRET_ZID))));
    const changes = fc.dictionary(fc.constantFrom(...attributes), value, { maxKeys: 5 });
    await fc.assert(
      fc.asyncProperty(changes, fc.record({ metadata: hidden, errors: value }), async (change, both) => {
        const rows = [
          good,
          { ...reportRow({ section: 'bad' }), ...change },
          { ...reportRow({ section: 'worse' }), ...both },
        ];
        const { status, body } = await answered(log, () =>
          answerReports(
            { storedReports: async () => rows, log },
            { query: { report_id: REPORT, job_id: String(good.job_id) }, body: '' },
          ),
        );
        expect(status).toBe(200);
        const text = JSON.stringify(body);
        expect(JSON.parse(text).reports.good).toMatchObject({ report_data: good.report_data });
        expect(
          JSON.stringify(
            Object.values(JSON.parse(text).reports).map((row) => [
              (row as StoredReport).metadata,
              (row as StoredReport).errors,
              (row as StoredReport).job_id,
            ]),
          ),
        ).not.toContain(String(SECRET_ZID));
      }),
      { numRuns: 500 },
    );
  });

  it('may have metadata that are nested without end', async () => {
    const metadata = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
    const { reports } = await bodyOf({ report_id: REPORT }, [
      reportRow({ section: 'deep', metadata }),
      reportRow({ section: 'zid', metadata: { zid: { toString: 1 } } }),
    ]);
    expect(Object.keys(reports)).toEqual(['deep', 'zid']);
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
    const row = storedRow(plan as never, facts as never, 'b', { report: { id: 's', title: 'T', paragraphs: [] } });
    const body = await bodyOf({ report_id: REPORT }, [row]);
    expect(body.reports.s.metadata).toEqual(row.metadata);
  });
});
