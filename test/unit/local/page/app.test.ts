import { describe, expect, it } from 'vitest';
import { JOB, jobRow, REPORT } from '../../../support/make.ts';
import { HOST, NOW, pageWorld, sectionRow } from '../../../support/page.ts';
import { smallConversation } from '../../../support/small-conversation.ts';

const EVIL = '</script><script>alert(1)</script><img src=x onerror=alert(2)>"\'&';
const running = (change: Record<string, unknown> = {}) =>
  jobRow({ status: 'PROCESSING', worker_id: `${JOB}-v1`, created_at: NOW, started_at: NOW, ...change });
const failed = (change: Record<string, unknown> = {}) =>
  running({ status: 'FAILED', process_exit_confirmed: true, error_message: 'AnthropicRefused: no credit', ...change });

describe('the page of jobs', () => {
  it('shows how a job stands, what it waits for, and the budget of the day', async () => {
    const progress = 'round 1: 0 of 1 open batches ended; 3 processing, 0 succeeded, 0 errored';
    const world = pageWorld({ jobs: [running({ batch_progress: progress })] });
    const answer = await world.get('/');
    expect(answer.status).toBe(200);
    const html = await answer.text();
    expect(html).toContain('PROCESSING');
    expect(html).toContain('round 1: 0 of 1 open batches ended; 3 processing</p>');
    expect(html).toContain('$2.5000');
    expect(html).not.toContain('SIMULATED');
  });

  it('shows the figures of jobs that have ended from their rows, newest first', async () => {
    const results = { planned: 15, stored: 14, reused: 4, failed_count: 1, rounds: 2 };
    const ended = {
      job_results: JSON.stringify(results),
      job_details: JSON.stringify({ cost_usd: 0.25, expected_usd: 0.3 }),
    };
    const old = running({ ...ended, job_id: 'older', status: 'COMPLETED', created_at: '2026-11-21T10:00:00.000Z' });
    const html = await pageWorld({ jobs: [old, failed({ job_id: 'newer' })] }).html('/');
    expect(html).toContain('14 of 15 sections stored, 4 of them reused, 1 not written');
    expect(html).toContain('$0.2500 ($0.3000 expected)');
    expect(html).toContain('AnthropicRefused: no credit');
    expect(html.indexOf('newer')).toBeLessThan(html.indexOf('older'));
  });

  it('leaves out rows that an execution keeps for its batches, and jobs of other systems', async () => {
    const kept = running({ job_id: 'batch_check_1', job_type: 'AWAITING_NARRATIVE_BATCH', batch_job_id: JOB });
    const other = jobRow({ job_id: 'pipeline-1', job_type: 'FULL_PIPELINE', created_at: NOW });
    const html = await pageWorld({ jobs: [running(), kept, other] }).html('/');
    expect(html).toContain(JOB);
    expect(html).not.toMatch(/batch_check_1|pipeline-1/);
  });

  it('offers what a job can be asked for, and nothing else', async () => {
    const asks = async (row: Record<string, unknown>) =>
      [...(await pageWorld({ jobs: [row] }).html('/')).matchAll(/action="\/jobs\/[^"]+\/(\w+)"/g)].map(
        ([, ask]) => ask,
      );
    const stored = { job_results: JSON.stringify({ planned: 3, stored: 2 }) };
    expect(await asks(running())).toEqual(['cancel']);
    expect(await asks(failed())).toEqual(['redrive']);
    expect(await asks(failed(stored))).toEqual(['redrive', 'publish']);
    expect(await asks(failed({ ...stored, withdrawn_reason: 'cancelled' }))).toEqual(['publish']);
    expect(await asks(running({ ...stored, status: 'COMPLETED' }))).toEqual([]);
  });

  it('starts nothing that would cost money unless that was allowed', async () => {
    const world = pageWorld({ jobs: [failed()] }, { maySpend: false });
    const html = await world.html('/');
    expect(html).toContain('Start the command with --yes');
    expect(html).not.toMatch(/action="\/jobs"|\/redrive"/);
    expect((await world.post('/jobs', { report_id: 'r1abc' })).status).toBe(403);
    expect((await world.post(`/jobs/${JOB}/redrive`)).status).toBe(403);
    expect(world.jobs()).toEqual([failed()]);
  });

  it('says why when the tables are in trouble, and nothing of what went wrong inside', async () => {
    const spending = { days: () => Promise.reject(new Error('secret detail')) };
    const answer = await pageWorld({ jobs: [running()] }, { spending }).get('/');
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('secret');
  });
});

describe('what no page sends', () => {
  it('that is no form starts nothing', async () => {
    const world = pageWorld();
    const headers = { 'content-type': 'multipart/form-data; boundary=x', origin: `http://${HOST}` };
    expect((await world.ask('/jobs', { method: 'POST', body: 'junk', headers })).status).toBe(400);
    expect(world.jobs()).toEqual([]);
  });

  it('that is larger than any form is refused', async () => {
    expect((await pageWorld().post('/jobs', { report_id: 'r'.repeat(200_000) })).status).toBe(413);
  });

  it('with an id that no table could hold is not found', async () => {
    const world = pageWorld();
    for (const path of [`/jobs/${'a'.repeat(3_000)}`, `/reports/${'ü'.repeat(600)}`])
      expect((await world.get(path)).status).toBe(404);
    expect((await world.post(`/jobs/${'a'.repeat(3_000)}/publish`)).status).toBe(404);
  });
});

describe('the page of one job', () => {
  it('shows its facts and its log', async () => {
    const logs = JSON.stringify({
      entries: [{ timestamp: NOW, level: 'INFO', message: 'batch msgbatch_1 submitted' }],
    });
    const html = await pageWorld({ jobs: [running({ logs })] }).html(`/jobs/${JOB}`);
    expect(html).toContain('batch msgbatch_1 submitted');
    expect(html).toContain(`${JOB}-v1`);
  });

  it('does not exist for a job that does not exist', async () => {
    const answer = await pageWorld().get('/jobs/nobody');
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain('There is no job nobody.');
  });
});

describe('a form of the page', () => {
  it('starts a job, and leads to its page', async () => {
    const world = pageWorld();
    const answer = await world.post('/jobs', { report_id: 'r1abc', model: '', no_cache: 'true' });
    expect(answer.status).toBe(303);
    const [job] = world.jobs();
    expect(answer.headers.get('location')).toBe(`/jobs/${job?.job_id}`);
    expect(job).toMatchObject({ status: 'PENDING', report_id: 'r1abc' });
    expect(String(job?.job_config)).toMatch(/"model":"claude-sonnet-5-5".*"no_cache":true/);
    expect(world.started).toEqual([{ job_id: job?.job_id, report_id: 'r1abc', execution: `${job?.job_id}-v1` }]);
  });

  it('names the field that is wrong', async () => {
    const answer = await pageWorld().post('/jobs', { report_id: 'no id!' });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('report_id: must be letters and digits');
  });

  it('finds the job that is under way, instead of a second one', async () => {
    const world = pageWorld({ jobs: [running({ report_id: 'r1abc' })] });
    const answer = await world.post('/jobs', { report_id: 'r1abc' });
    expect(answer.headers.get('location')).toBe(`/jobs/${JOB}`);
    expect(world.jobs()).toHaveLength(1);
    expect(world.started).toEqual([]);
  });

  it('cancels a job, once', async () => {
    const world = pageWorld({ jobs: [running()] });
    let told = 0;
    world.deps.changes.on('change', () => told++);
    expect((await world.post(`/jobs/${JOB}/cancel`)).status).toBe(303);
    expect(world.row(JOB)).toMatchObject({ status: 'CANCELLED', withdrawn_reason: 'cancelled from the page of jobs' });
    expect(told).toBe(1);
    const again = await world.post(`/jobs/${JOB}/cancel`);
    expect(again.status).toBe(409);
    expect(await again.text()).toContain('is cancelled already');
  });

  it('redrives a failed job, and names its execution', async () => {
    const world = pageWorld({ jobs: [failed()] });
    expect((await world.post(`/jobs/${JOB}/redrive`)).status).toBe(303);
    expect(world.row(JOB)).toMatchObject({ status: 'PENDING', version: 2 });
    expect(world.started).toEqual([{ job_id: JOB, report_id: 'r1abc', execution: `${JOB}-v2` }]);
  });

  it.each(['cancel', 'redrive', 'publish'])('says so when there is no job to %s', async (ask) => {
    expect((await pageWorld().post(`/jobs/nobody/${ask}`)).status).toBe(404);
  });

  it('publishes nothing of a job that has nothing', async () => {
    const answer = await pageWorld({ jobs: [failed()] }).post(`/jobs/${JOB}/publish`);
    expect(answer.status).toBe(409);
    expect(await answer.text()).toContain('has no plan in the ledger');
  });
});

describe('a report in its runs', () => {
  const claim = { kind: 'majority', stance: 'agree' } as const;
  const reports = [
    sectionRow('one', [{ text: 'Most liked trams.', claim, citations: [1] }], {
      1: [
        [20, 5, 5],
        [10, 5, 0],
        [10, 0, 5],
      ],
    }),
    sectionRow(
      'two',
      [
        { text: 'Most like trams.', claim, citations: [1] },
        { text: 'New here.', claim, citations: [2] },
      ],
      {
        1: [
          [40, 5, 5],
          [20, 5, 0],
          [20, 0, 5],
        ],
      },
      { sizes: [70, 40] },
    ),
  ];

  it('lists them, the newest first, and offers to compare them', async () => {
    const html = await pageWorld({ reports }).html(`/reports/${REPORT}`);
    expect(html.indexOf('/jobs/two')).toBeLessThan(html.indexOf('/jobs/one'));
    expect(html).toContain(`/api/v3/delphi/reports/${REPORT}/html?job_id=two`);
    expect(html).toContain(`action="/reports/${REPORT}/compare"`);
  });

  it('compares two by their claims, with the text of the comments and both tallies', async () => {
    const html = await pageWorld({ reports }).html(`/reports/${REPORT}/compare?earlier=one&later=two`);
    const text = html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
    expect(text).toContain('1 new, 0 gone, 1 with other votes, 0 the same.');
    expect(text).toMatch(/comment 1 All participants 20 agree \(67%\), 5 disagree \(17%\), 5 pass 40 agree \(80%\)/);
    expect(text).toContain('A 60, B 40 people became A 70, B 40');
    expect(text).toMatch(/New in the later run \(1\).*New here\./);
  });

  it('says what the address has to name when it does not name two runs', async () => {
    const answer = await pageWorld({ reports }).get(`/reports/${REPORT}/compare?earlier=one&later=none`);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain('as earlier and later');
  });

  it('is empty when nothing is stored', async () => {
    expect(await pageWorld().html('/reports/rnothing')).toContain('Nothing of this report is stored yet.');
  });
});

describe('a request from somewhere else', () => {
  it('is refused when it names another host', async () => {
    const world = pageWorld({ jobs: [running()] });
    for (const path of ['/', `/jobs/${JOB}`, '/events', '/page.js', '/api/v3/delphi/reports?report_id=r1'])
      expect((await world.ask(path, { headers: { host: 'other.site' } })).status).toBe(403);
  });

  it.each([
    ['another site', { origin: 'http://other.site', 'sec-fetch-site': 'cross-site' }],
    ['another port of this machine', { origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' }],
    ['a page that hides where it is', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['nobody says where', { origin: '', 'sec-fetch-site': '' }],
  ])('changes nothing when its form is of %s', async (_, headers) => {
    const world = pageWorld({ jobs: [running()] });
    const asked = [`/jobs/${JOB}/cancel`, `/jobs/${JOB}/redrive`, `/jobs/${JOB}/publish`, '/jobs'];
    for (const path of asked) {
      const answer = await world.post(path, { report_id: 'r1abc' }, headers);
      expect(answer.status).toBe(403);
      expect(await answer.text()).toContain('does not come from a page of this address');
    }
    expect(world.jobs()).toEqual([running()]);
  });

  it('with a body that no browser names as a form is refused in the same way', async () => {
    const world = pageWorld({ jobs: [running()] });
    const headers = { origin: 'http://other.site', 'content-type': 'text/plain' };
    expect((await world.ask(`/jobs/${JOB}/cancel`, { method: 'POST', headers, body: '' })).status).toBe(403);
    expect((await world.ask(`/jobs/${JOB}/cancel`, { method: 'GET' })).status).toBe(405);
  });
});

describe('every answer', () => {
  it.each(['/', `/jobs/${JOB}`, '/reports/r1abc', '/nowhere', '/%ZZ', '/page.js', '/page.css'])(
    '%s forbids everything that is not of this address',
    async (path) => {
      const { headers } = await pageWorld({ jobs: [running()] }).get(path);
      expect(headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'/,
      );
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  it('shows text of rows as text', async () => {
    const evil = {
      batch_progress: EVIL,
      error_message: EVIL,
      model: EVIL,
      report_id: EVIL,
      worker_id: EVIL,
      batch_id: EVIL,
    };
    const logs = JSON.stringify({ entries: [{ timestamp: EVIL, level: 'INFO', message: EVIL }] });
    const rows = [running({ ...evil, logs }), failed({ ...evil, job_id: EVIL, logs })];
    const world = pageWorld({ jobs: rows }, { loaded: [{ report_id: EVIL, title: EVIL }] });
    for (const path of [
      '/',
      `/jobs/${JOB}`,
      `/jobs/${encodeURIComponent(EVIL)}`,
      `/reports/${encodeURIComponent(EVIL)}`,
    ]) {
      const html = await world.html(path);
      expect(html).not.toMatch(/<img|<script>|alert\(1\)<\/script>/);
    }
  });

  it('shows text of reports and comments as text', async () => {
    const claim = { kind: 'majority', stance: 'agree' } as const;
    const section = (job: string, agrees: number) =>
      sectionRow(
        job,
        [{ text: EVIL, claim, citations: [1] }],
        {
          1: [
            [agrees, 0, 0],
            [1, 0, 0],
            [1, 0, 0],
          ],
        },
        { title: EVIL },
      );
    const comments = async () => [{ tid: 1, txt: EVIL, mod: 1, active: true, is_meta: false, selected: true }];
    const conversations = { ...smallConversation, comments };
    const world = pageWorld({ reports: [section('one', 20), section('two', 30)] }, { conversations });
    const html = await world.html(`/reports/${REPORT}/compare?earlier=one&later=two`);
    expect(html).toContain('&lt;img src=x');
    expect(html).not.toMatch(/<img|<script>/);
  });

  it('of the API says what is wrong in JSON, and of a page in HTML', async () => {
    const world = pageWorld();
    expect((await world.get('/api/nothing')).headers.get('content-type')).toMatch(/json/);
    expect((await world.get('/nothing')).headers.get('content-type')).toMatch(/html/);
  });
});
