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
    const mostVoted = [{ tid: 7, txt: 'Ring *bells*', tallies: [tally(3, 2, 1), tally(0, 0, 0)] }];
    const line = '- **7** Ring \\*bells\\* (all 3 agree (50%), 2 disagree (33%), 1 pass (17%); Group A no votes)';
    expect(markdown({ inNoSection: { count: 1, mostVoted } })).toContain(
      `1 comment is shown in no section:\n\n${line}`,
    );
    expect(markdown({ inNoSection: { count: 12, mostVoted } })).toContain(
      `12 comments are shown in no section. Most voted on:\n\n${line}`,
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

test('citations are footnotes that link, each defined once with its votes', () => {
  const comments = new Map([[3, { txt: 'Keep [the] trams', tallies: [tally(8, 2, 0), tally(1, 1, 2)] }]]);
  const text = markdownReport(about, answer, comments);
  expect(text).toContain('They agree.[^3]');
  expect(text).toContain(
    '\n[^3]: **3** Keep \\[the\\] trams (all 8 agree (80%), 2 disagree (20%), 0 pass (0%); Group A 1 agree (25%), 1 disagree (25%), 2 pass (50%))\n',
  );
  const cited = [...text.matchAll(/\[\^(\d+)\](?!:)/g)].map(([, tid]) => tid);
  const defined = [...text.matchAll(/^\[\^(\d+)\]:/gm)].map(([, tid]) => tid);
  expect([...new Set(cited)]).toEqual(defined);
});

test('contents lead to the sections, and a fine topic stands below its coarse one', () => {
  const topic = (layer: number) => ({
    topic_key: `k${layer}`,
    section: `t${layer}`,
    layer,
    cluster: 0,
    name: `Layer ${layer}`,
  });
  const layers = [0, 1].map((layer) =>
    storedRow(JOB_PLAN, { ...section(layer), title: `Layer ${layer}`, topic: topic(layer), shown: [3] }, 'b1', {
      report,
    }),
  );
  const text = markdownReport(
    about,
    reportsAnswer(JOB_PLAN.report_id, layers, { jobId: JOB_PLAN.report_job_id }),
    new Map(),
  );
  expect(text).toContain('- [Layer 1](#section-1)\n  - [Layer 0](#section-2)');
  expect(text).toContain('<a id="section-1"></a>\n\n## Layer 1\n');
  expect(text).toContain('<a id="section-2"></a>\n\n### Layer 0\n');
});

test('what is suspicious in the source is printed, and how it was derived', () => {
  const text = markdown({ warnings: ['votes.csv is <odd>'], method: ['groups come from k-means'] });
  expect(text).toContain('## What is suspicious in the data\n\n- votes.csv is &lt;odd&gt;');
  expect(text).toContain('## How this report was made\n\n- groups come from k-means');
  expect(markdown()).not.toContain('suspicious');
});
