import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Claim } from '../../lambdas/report/claims/claim.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { localApp } from '../../local/page/app.ts';
import { type LocalServer, listen } from '../../local/serve.ts';
import { foundByAxe, hasBrowser, startVisitor, type Visitor } from '../support/browser.ts';
import { JOB, jobRow, REPORT } from '../support/make.ts';
import { clientOf } from '../support/memory/dynamodb.ts';
import { NOW, pageWorld, sectionRow } from '../support/page.ts';
import { freePort } from '../support/processes.ts';

const PHONE = { viewport: { width: 320, height: 700 }, hasTouch: true, isMobile: true };
const DARK = { colorScheme: 'dark' as const };

const running = (change: Record<string, unknown> = {}) =>
  jobRow({
    status: 'PROCESSING',
    worker_id: `${JOB}-v1`,
    created_at: NOW,
    started_at: NOW,
    report_id: REPORT,
    ...change,
  });
const figures = {
  job_results: JSON.stringify({ planned: 15, stored: 14, failed_count: 1, rounds: 3 }),
  job_details: JSON.stringify({ cost_usd: 0.31, expected_usd: 0.28 }),
};
const failed = running({
  ...figures,
  job_id: 'batch_report_r4kq2mwx7_1795348800_failed00',
  status: 'FAILED',
  created_at: '2026-11-21T10:00:00.000Z',
  process_exit_confirmed: true,
  error_message: 'AnthropicRefused: the API refuses the request (HTTP 400)',
});
const HOSTILE = '</script><script>alert(1)</script><img src=x onerror=alert(2)> & "quotes"';

const claim = { kind: 'majority', stance: 'agree' } as const;
const split: Claim = { kind: 'difference', stance: 'agree', groups: ['A'], than: ['B'] };
const votes = (agrees: number) =>
  ({
    1: [
      [agrees, 5, 5],
      [agrees / 2, 2, 2],
      [agrees / 2, 3, 3],
    ],
  }) as never;
const reports = [
  sectionRow(
    'one',
    [
      { claim, citations: [1] },
      { text: 'Gone.', claim: split, citations: [2] },
    ],
    votes(20),
  ),
  sectionRow(
    'two',
    [
      { claim, citations: [1] },
      { text: HOSTILE, claim, citations: [3] },
    ],
    votes(60),
  ),
];

describe.skipIf(!hasBrowser())('the page of jobs in a browser', () => {
  let browser: Visitor;
  let server: LocalServer | undefined;
  beforeAll(async () => {
    browser = await startVisitor();
  });
  afterEach(() => server?.close());
  afterAll(() => browser.close());

  /** The page on a port, over tables that the test can change. */
  async function served(jobs: readonly Record<string, unknown>[] = [running(), failed]) {
    const world = pageWorld({ jobs, reports });
    server = await listen(await freePort());
    server.open(localApp(world.deps));
    const change = async (Item: Record<string, unknown>) => {
      await clientOf(world.db).send(new PutCommand({ TableName: TABLE_NAMES.jobs, Item }));
      world.deps.changes.emit('change');
    };
    return { ...world, url: server.url.replace('127.0.0.1', 'localhost'), change };
  }

  test('follows a job by events, and asks for nothing by itself', async () => {
    const { url, change } = await served();
    const { page, trouble } = await browser.visit(url);
    await page.getByText('Live', { exact: true }).waitFor();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await change(running({ batch_progress: 'round 2: 1 of 2 open batches ended; 4 processing' }));
    await page.getByText('round 2: 1 of 2 open batches ended').waitFor();
    await change(running({ ...figures, status: 'COMPLETED', version: 2 }));
    await page.getByRole('article', { name: JOB }).getByText('COMPLETED').waitFor();
    await page.getByRole('article', { name: JOB }).getByText('14 of 15 sections stored').waitFor();
    expect(await page.locator('#told').textContent()).toBe(`job ${JOB} is COMPLETED`);
    expect({ asked, trouble }).toEqual({ asked: [], trouble: [] });
  });

  test('keeps the focus, what is open and what is typed when the state changes', async () => {
    const { url, change } = await served();
    const { page } = await browser.visit(url);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.fill('#model', 'claude-opus-5-5');
    await page.getByText(`Cancel job ${JOB}`).click();
    await page.getByRole('button', { name: 'Cancel this job' }).focus();
    await change(running({ batch_progress: 'something new' }));
    await page.getByText('something new').waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Cancel this job');
    expect(await page.inputValue('#model')).toBe('claude-opus-5-5');
  });

  test('cancels a job by keyboard alone', async () => {
    const { url, row } = await served([running()]);
    const { page, trouble } = await browser.visit(url);
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
    while (!(await focused()).startsWith('Cancel job')) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Cancel this job');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: JOB }).waitFor();
    expect(page.url()).toBe(`${url}/jobs/${JOB}`);
    expect(row(JOB)).toMatchObject({ status: 'CANCELLED', withdrawn_reason: 'cancelled from the page of jobs' });
    expect(trouble).toEqual([]);
  });

  test('starts, redrives and says why not without JavaScript', async () => {
    const { url, jobs, row } = await served([failed]);
    const { page } = await browser.visit(url, { javaScriptEnabled: false });
    await page.getByText('Reload this page to see what has changed').waitFor();
    await page.locator('summary', { hasText: 'Redrive' }).click();
    await page.getByRole('button', { name: 'Redrive this job' }).click();
    await page.getByRole('heading', { name: failed.job_id }).waitFor();
    expect(row(failed.job_id)).toMatchObject({ status: 'PENDING' });
    await page.goto(url);
    await page.fill('#report_id', 'not an id');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('report_id: must be letters and digits');
    await page.getByRole('link', { name: 'Back' }).click();
    await page.fill('#report_id', 'rother');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByText('Not planned yet.').waitFor();
    expect(jobs().map(({ report_id }) => report_id)).toContain('rother');
  });

  test('says that the connection is lost, and is live again when the server is back', async () => {
    const world = await served();
    const { page } = await browser.visit(world.url);
    await page.getByText('Live', { exact: true }).waitFor();
    await server?.close();
    await page.getByText('The connection is lost').waitFor();
    server = await listen(Number(new URL(world.url).port));
    server.open(localApp(world.deps));
    await page.getByText('Live', { exact: true }).waitFor();
  });

  test('compares two runs, chosen in the list', async () => {
    const { url } = await served();
    const { page, trouble } = await browser.visit(`${url}/reports/${REPORT}`);
    await page.getByRole('button', { name: 'Compare by claims' }).click();
    await page.getByText('1 new, 1 gone, 1 with other votes, 0 the same.').waitFor();
    const changed = page.getByRole('region', { name: /^The same claim, other votes/ });
    expect(await changed.getByRole('row').nth(1).textContent()).toMatch(
      /comment 1.*20 agree \(67%\).*60 agree \(86%\)/,
    );
    // as the table has it: what would open a tag is something else by then
    expect(await page.getByText('alert(1)').count()).toBe(1);
    expect(trouble).toEqual([]);
  });

  test('leads to a report as a page, which works under this address too', async () => {
    const { url } = await served();
    const { page, trouble } = await browser.visit(`${url}/reports/${REPORT}`);
    await page.getByRole('link', { name: 'Read this report of two' }).click();
    await page.getByRole('button', { name: 'Prove every claim again' }).click();
    await page.locator('#proved p').first().waitFor();
    // the second clause cites a comment without votes
    expect(await page.locator('#proved').textContent()).toMatch(/1 claim does not hold/);
    expect(trouble).toEqual([]);
  });

  const LOOKS = { light: {}, dark: DARK, 'on a phone': PHONE };
  describe.each(Object.entries(LOOKS))('%s', (_, options) => {
    test('has nothing that axe finds, and nothing wider than the screen', async () => {
      const { url } = await served([running({ batch_progress: HOSTILE }), failed]);
      const pages = ['/', `/jobs/${failed.job_id}`, `/reports/${REPORT}`, '/nowhere'];
      for (const path of [...pages, `/reports/${REPORT}/compare?earlier=one&later=two`]) {
        const { page, trouble } = await browser.visit(`${url}${path}`, options);
        await page.evaluate(() => {
          for (const details of document.querySelectorAll('details')) details.open = true;
        });
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect({ path, found: await foundByAxe(page), wider: Math.max(0, wider) }).toEqual({
          path,
          found: [],
          wider: 0,
        });
        // the browser itself tells of the status 404
        expect(trouble.filter((line) => !line.includes('404'))).toEqual([]);
        await page.context().close();
      }
    });
  });
});
