import { describe, expect, test } from 'vitest';
import { reportsAnswer } from '../../../lambdas/report/public.ts';
import { gapRow, storedRow } from '../../../lambdas/report/row.ts';
import { tally } from '../../../lambdas/report/votes.ts';
import { type AboutReport, markdownReport } from '../../../local/output/markdown.ts';
import { plan, section } from '../../support/make.ts';

const JOB_PLAN = plan();
const about: AboutReport = { title: 'Trams', note: 'Written by hand.', figures: [], groups: ['Group A'], method: [] };
const report = {
  id: 'x',
  title: 'Topic',
  paragraphs: [{ id: 'p', title: '', sentences: [{ clauses: [{ text: 'They agree.', citations: [3] }] }] }],
};
const consensus = {
  section: 'batch_re_global_group_informed_consensus',
  kind: 'group_informed_consensus' as const,
  title: 'Consensus',
};
const rows = [
  storedRow(JOB_PLAN, { ...section(0), shown: [3] }, 'b1', { report }),
  gapRow(JOB_PLAN, consensus, 'no_comments: no comment belongs here', 'The best scores 0.696.'),
  gapRow(
    JOB_PLAN,
    { ...consensus, section: 's2', title: 'Refused' },
    'refusal: the model refused',
    'It could not be written.',
  ),
];
const answer = reportsAnswer(JOB_PLAN.report_id, rows, { jobId: JOB_PLAN.report_job_id });
const markdown = (change: Partial<AboutReport> = {}) => markdownReport({ ...about, ...change }, answer, new Map());

describe('what a report leaves out', () => {
  test('is a section with its reason, at the end and not among the sections', () => {
    const text = markdown();
    expect(text).not.toContain('## Consensus');
    expect(text.slice(text.indexOf('## What this report leaves out'))).toContain('- Consensus: The best scores 0.696.');
    expect(text).toContain('## Refused');
  });

  test('is comments, by reason', () => {
    expect(markdown({ leftOut: ['1 comment is rejected by moderators.'] })).toContain(
      '- 1 comment is rejected by moderators.',
    );
  });

  test('is comments in no section, with text and votes of those with the most', () => {
    const mostVoted = [{ tid: 7, txt: 'Ring *bells*', tallies: [tally(3, 2, 1), tally(1, 0, 0)] }];
    const line = '- **7** Ring \\*bells\\* (all 3 / 2 / 1; Group A 1 / 0 / 0)';
    expect(markdown({ inNoSection: { count: 1, mostVoted } })).toContain(
      `1 comment is shown in no section:\n\n${line}`,
    );
    expect(markdown({ inNoSection: { count: 12, mostVoted } })).toContain(
      `12 comments are shown in no section. Those with the most votes:\n\n${line}`,
    );
    expect(markdown({ inNoSection: { count: 2, mostVoted: [] } })).toContain('2 comments are shown in no section.\n');
  });

  test('is nothing when all is shown', () => {
    const whole = reportsAnswer(JOB_PLAN.report_id, rows.slice(0, 1), { jobId: JOB_PLAN.report_job_id });
    expect(markdownReport({ ...about, inNoSection: { count: 0, mostVoted: [] } }, whole, new Map())).not.toContain(
      'leaves out',
    );
  });
});

test('what is suspicious in the source is printed, and how it was derived', () => {
  const text = markdown({ warnings: ['votes.csv is <odd>'], method: ['groups come from k-means'] });
  expect(text).toContain('## What is suspicious in the data\n\n- votes.csv is &lt;odd&gt;');
  expect(text).toContain('## How this report was made\n\n- groups come from k-means');
  expect(markdown()).not.toContain('suspicious');
});
