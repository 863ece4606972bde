import { describe, expect, test } from 'vitest';
import { payload } from '../../../lambdas/api/http.ts';
import { answerReportPage } from '../../../lambdas/api/report-page.ts';
import type { Comment } from '../../../lambdas/report/comments.ts';
import { memoryLog, plan, REPORT, reportRow } from '../../support/make.ts';

const { log, lines } = memoryLog();
const report_data = JSON.stringify({
  id: 'x',
  title: 'Trams',
  paragraphs: [{ id: 'p', title: '', sentences: [{ clauses: [{ text: 'They want trams.', citations: [1, 2] }] }] }],
  evidence: {
    groups: [
      { letter: 'A', label: 'Riders', size: 40 },
      { letter: 'B', label: 'Group B', size: 30 },
    ],
    votes: {
      1: [
        [9, 1, 0],
        [5, 0, 0],
        [4, 1, 0],
      ],
      2: [
        [1, 1, 1],
        [0, 1, 0],
        [1, 0, 1],
      ],
    },
  },
});
const comment = (tid: number, txt: string, change: Partial<Comment> = {}): Comment => ({
  tid,
  txt,
  mod: 1,
  active: true,
  is_meta: false,
  selected: true,
  ...change,
});
const comments = [
  comment(1, 'More trams <now>'),
  comment(2, 'A comment that moderators hide', { mod: -1 }),
  comment(3, 'A comment that nobody cites'),
];
const map = {
  base_ids: [0, 1],
  base_x: [0, 1],
  base_y: [0, 1],
  base_counts: [4, 3],
  group_clusters: [0, 1].map((id) => ({ id, members: [id] })),
};
const page = (params: Record<string, string>, query = {}, rows: readonly object[] = [reportRow({ report_data })]) =>
  answerReportPage(
    {
      storedReports: async () => rows,
      jobs: { get: async () => undefined },
      ledger: { plan: async () => plan({ comments_left_out: { rejected: 4 } }), prompts: async () => new Map() },
      conversations: {
        report: async () => ({ zid: 7, rid: 1, labels: [], mod_level: -2 }),
        comments: async () => comments,
        about: async () => ({ title: 'What about trams?', participants: 70, map }),
      },
      log,
    },
    { params, query, body: '' },
  );

describe('GET /api/v3/delphi/reports/{report_id}/html', () => {
  test('answers a page, with the name and the people of the conversation', async () => {
    const answer = await page({ report_id: REPORT });
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
    for (const text of [
      'What about trams?',
      '70 people took part',
      'Riders',
      '4 comments are rejected',
      '<svg viewBox="0 0 480',
    ])
      expect(answer.body).toContain(text);
  });

  test('holds the comments that are cited and no others, and none that moderators hide by now', async () => {
    const { body } = await page({ report_id: REPORT });
    expect(body).toContain('More trams &lt;now>');
    expect(body).toContain('This comment is not shown: moderators rejected it.');
    expect(body).not.toContain('A comment that moderators hide');
    expect(body).not.toContain('A comment that nobody cites');
    expect(JSON.stringify(lines)).not.toContain('trams');
  });

  test('does not tell the price or the number of the conversation', async () => {
    const { body } = await page({ report_id: REPORT }, {}, [reportRow({ report_data, metadata: { zid: 90210 } })]);
    expect(body).not.toMatch(/<dt>Price|90210/);
  });

  test.each([
    [{ report_id: '../etc' }, {}, 400, /^report_id: must be/],
    [{ report_id: REPORT }, { job_id: 'x'.repeat(1_001) }, 400, /^job_id: must be/],
    [{ report_id: REPORT }, { job_id: 'another' }, 404, /no report with this id is written/],
  ])('refuses %j and %j with %i', async (params, query, status, message) => {
    expect(await page(params, query)).toMatchObject({ status, body: { message: expect.stringMatching(message) } });
  });

  test('is a text to API Gateway, not JSON', async () => {
    const answer = payload(await page({ report_id: REPORT }), 'br');
    expect(answer.body).toMatch(/^<!doctype html>/);
    expect(answer.headers?.['content-type']).toBe('text/html; charset=utf-8');
  });
});
