import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { sampleConversation } from '../../../local/sample.ts';
import { Command, type Ended, tempFolder } from '../../support/start/command.ts';
import { citationsIn, reportIn } from '../../support/start/report-files.ts';

const data = sampleConversation();
const state = tempFolder();
const reports = join(state, 'simulated', 'reports');
let ended: Ended;

beforeAll(async () => {
  ended = await new Command(['--state', state]).ended;
});

describe('npm start without flags', () => {
  it('succeeds and prints the paths of the report', () => {
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    for (const name of reportIn(reports).names) expect(ended.stdout).toContain(join(reports, name));
  });

  it('says at the beginning, at the end and in the report that the text is simulated', () => {
    const lines = ended.stdout.trimEnd().split('\n');
    expect(lines.filter((line) => line.includes('SIMULATED'))).toHaveLength(2);
    expect(lines.at(-1)).toMatch(/SIMULATED.*No model is called, and nothing is paid/);
    expect(reportIn(reports).markdown.split('\n').slice(0, 4).join('\n')).toMatch(/^# .*\n\n> SIMULATED/);
  });

  it('writes plain lines when its output is not a terminal', () => {
    for (const line of ended.stdout.trimEnd().split('\n')) expect(line).toMatch(/^ *\d+\.\d s {2}\P{Cc}+$/u);
  });

  it('prints the phases, the batch and the figures in order', () => {
    expect(ended.stdout).toMatch(
      /PENDING[\s\S]*Submit batch\n[\s\S]*sections planned[\s\S]*batch msgbatch_\w+ holds \d+ requests\n[\s\S]*Collect results\n[\s\S]*Complete job\n[\s\S]*COMPLETED: (\d+) of \1 sections stored, 1 round, [\d,]+ tokens in, [\d,]+ out, would have cost \$\d+\.\d{4}/,
    );
  });

  it('writes what the server would answer, with every section of the job', () => {
    const { answer } = reportIn(reports);
    expect(answer.request_report_id).toBe(data.report.report_id);
    expect(answer.available_runs).toEqual([
      expect.objectContaining({
        job_id: answer.current_job_id,
        isCurrent: true,
        sectionCount: Object.keys(answer.reports).length,
      }),
    ]);
    for (const [name, { section, job_id }] of Object.entries(answer.reports)) {
      expect({ section, job_id }).toEqual({ section: name, job_id: answer.current_job_id });
    }
  });

  it('calls its files by the conversation and the date, and names the page first', () => {
    const { names, answer } = reportIn(reports);
    const [run] = answer.available_runs;
    const name = `marrowby-harbour-front-spring-survey-${run?.latest_timestamp.slice(0, 10)}`;
    expect(names).toEqual([`${name}.html`, `${name}.json`, `${name}.md`]);
    expect(ended.stdout.indexOf(`${name}.html`)).toBeLessThan(ended.stdout.indexOf(`${name}.md`));
  });

  it('writes a page with every section and every cited comment, which says that it is simulated', () => {
    const { answer, html } = reportIn(reports);
    const titles = Object.values(answer.reports).map(({ metadata }) => String(metadata.section_title));
    for (const title of titles) expect(html).toContain(`>${title}</h`);
    const { cited } = citationsIn(reportIn(reports));
    for (const tid of cited) expect(html).toContain(`<tr id="c${tid}">`);
    expect(html).toContain('Simulated: no model wrote this text.');
    expect(html).toContain('<svg viewBox="0 0 480 340"');
  });

  it('names sections as the web client looks for them', () => {
    const topics = data.topicNames.map(({ topic_key }) => topic_key.replaceAll('#', '_'));
    const wide = ['groups', 'group_informed_consensus', 'uncertainty'].map((kind) => `batch_re_global_${kind}`);
    const names = Object.keys(reportIn(reports).answer.reports);
    expect(names).toEqual(expect.arrayContaining(wide));
    expect(names.filter((name) => !wide.includes(name)).length).toBeGreaterThan(0);
    expect([...wide, ...topics]).toEqual(expect.arrayContaining(names));
  });

  it('cites comments of the conversation only, and lists each with its text', () => {
    const { answer, markdown } = reportIn(reports);
    const texts = new Map(data.comments.map(({ tid, txt }) => [tid, txt.replace(/\s+/g, ' ')]));
    const cited = new Set(
      Object.values(answer.reports).flatMap(({ report_data }) =>
        report_data.paragraphs.flatMap(({ sentences }) =>
          sentences.flatMap(({ clauses }) => clauses.flatMap(({ citations }) => citations)),
        ),
      ),
    );
    const listed = markdown.matchAll(
      /^\[\^\d+\]: \*\*(\d+)\*\* (.+) \(all (?:\d+ agree \(\d+%\), .+|no votes); Group A /gm,
    );
    const shown = new Map([...listed].map(([, tid, txt]) => [Number(tid), txt]));
    expect([...shown.keys()].sort((a, b) => a - b)).toEqual([...cited].sort((a, b) => a - b));
    for (const [tid, txt] of shown)
      expect(
        txt?.replace(/\\(.)/g, '$1').replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&gt;', '>'),
      ).toBe(texts.get(tid));
  });

  it('shows no comment that moderators rejected, and says how many are left out and why', () => {
    const { markdown, html } = reportIn(reports);
    const left = data.comments.filter(({ mod, is_meta }) => mod === -1 || is_meta);
    expect(left.length).toBeGreaterThan(5);
    for (const { tid } of left) expect(markdown).not.toContain(`**${tid}** `);
    for (const { txt } of left) expect(html).not.toContain(txt);
    expect(markdown).toMatch(
      /## What this report leaves out\n\n- 6 comments are rejected by moderators\.\n- 4 comments are about/,
    );
  });

  it('counts the votes that count', () => {
    const votes = data.participants.reduce((sum, { vote_count }) => sum + vote_count, 0);
    expect(votes).toBeLessThan(data.votes.length);
    expect(reportIn(reports).markdown).toContain(
      `149 comments · 405 participants · ${votes.toLocaleString('en')} votes ·`,
    );
  });

  it('keeps the conversation number out of the JSON', () => {
    const { json } = reportIn(reports);
    expect(json).not.toMatch(/zid|conversation_id/);
    expect(json).not.toMatch(new RegExp(`["\\s:]${data.conversation.zid}["\\s,]`));
  });

  it('keeps the text of comments out of its output and its log', () => {
    const log = readFileSync(join(state, 'simulated', 'run.log'), 'utf8');
    expect(log).toContain('"batch submitted"');
    const said = data.comments.map(({ txt }) => txt.slice(0, 30)).filter(({ length }) => length >= 12);
    expect(said.length).toBeGreaterThan(100);
    for (const words of said) expect(`${ended.stdout}${log}`).not.toContain(words);
  });
});

describe('npm start once more, with nothing changed', () => {
  it('buys nothing: every section is reused, and the report is there at once', async () => {
    const before = reportIn(reports).answer;
    const { code, stdout, stderr } = await new Command(['--state', state]).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/15 of 15 sections are unchanged and reused \(--no-cache buys them again\)/);
    expect(stdout).toMatch(/COMPLETED: 15 of 15 sections stored, 15 of them reused \(would have saved \$\d\.\d{4}\)/);
    expect(stdout).not.toContain('msgbatch_');
    const { answer, markdown } = reportIn(reports);
    expect(answer.current_job_id).not.toBe(before.current_job_id);
    for (const [name, { report_data }] of Object.entries(answer.reports))
      expect(report_data).toEqual(before.reports[name]?.report_data);
    expect(markdown).toMatch(/^# .*\n\n> SIMULATED/);
  });

  it('shows text and votes of every comment that a reused section cites', () => {
    const { cited, listed } = citationsIn(reportIn(reports));
    expect(cited.length).toBeGreaterThan(20);
    expect(listed).toEqual(cited);
  });
});
