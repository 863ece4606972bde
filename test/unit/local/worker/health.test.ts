import { get } from 'node:http';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { localApp } from '../../../../local/page/app.ts';
import { Figures, Health } from '../../../../local/worker/health.ts';
import { serveHealth } from '../../../../local/worker/http.ts';
import { workerLog } from '../../../../local/worker/log.ts';
import { pageWorld } from '../../../support/page.ts';

describe('the figures of a worker', () => {
  it('are sums, by label where there is one, and what the sweep last found', () => {
    const figures = new Figures();
    figures.add('JobsFailed', 1, { error: 'Over"Budget' });
    figures.add('JobsFailed', 2, { error: 'Over"Budget' });
    figures.add('CostUsd', 0.25);
    figures.add('CostUsd', 0.5);
    figures.add('OldestJobSeconds', 9);
    figures.add('OldestJobSeconds', 3);
    const lines = figures.text({ worker_up: 1 }).split('\n');
    expect(lines).toContain('narratives_worker_up 1');
    expect(lines).toContain('narratives_jobs_failed_total{error="Over\\"Budget"} 3');
    expect(lines).toContain('narratives_cost_usd_total 0.75');
    expect(lines).toContain('narratives_oldest_job_seconds 3');
    // each line is a comment or a sample
    for (const line of lines.filter(Boolean)) expect(line).toMatch(/^(# TYPE \w+ (gauge|counter)|\w+(\{.+\})? \S+)$/);
  });
});

describe('the health of a worker', () => {
  let close: () => Promise<void> = async () => undefined;
  afterEach(() => close());

  it('tells of a trouble once, until it changes or is over', () => {
    const health = new Health();
    expect([health.bad('look', 'a'), health.bad('look', 'a'), health.bad('look', 'b')]).toEqual([true, false, true]);
    expect(health.troubles()).toEqual({ look: 'b' });
    expect([health.good('look'), health.good('look')]).toEqual([true, false]);
  });

  it('is served with the status that a container asks for', async () => {
    let ok = true;
    const http = await serveHealth({ health: () => ({ ok }), metrics: () => 'x 1\n' }, '127.0.0.1', 0);
    close = http.close;
    expect((await fetch(`${http.url}/healthz`)).status).toBe(200);
    ok = false;
    expect((await fetch(`${http.url}/healthz?x`)).status).toBe(503);
    expect(await (await fetch(`${http.url}/metrics`)).text()).toBe('x 1\n');
    expect((await fetch(`${http.url}/`)).status).toBe(404);
    expect((await fetch(`${http.url}/healthz`, { method: 'POST' })).status).toBe(405);
    await expect(
      serveHealth({ health: () => ({ ok }), metrics: () => '' }, '127.0.0.1', Number(new URL(http.url).port)),
    ).rejects.toThrow(/HTTP_PORT \d+ on 127\.0\.0\.1 cannot be used \(EADDRINUSE\)/);
  });
});

describe('the page of jobs', () => {
  it('is served beside health and figures, to this machine by its own names', async () => {
    const http = await serveHealth(
      { health: () => ({ ok: true }), metrics: () => 'x 1\n', page: localApp(pageWorld().deps) },
      '127.0.0.1',
      0,
    );
    onTestFinished(http.close);
    const { port } = new URL(http.url);
    expect(await (await fetch(`${http.url}/`)).text()).toContain('There is no job yet.');
    expect((await fetch(`${http.url}/healthz`)).status).toBe(200);
    const status = await new Promise((resolve) =>
      get({ port, host: '127.0.0.1', path: '/', headers: { host: 'other.site' } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }),
    );
    expect(status).toBe(403);
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://other.site' };
    expect((await fetch(`${http.url}/jobs`, { method: 'POST', headers, body: 'report_id=r1abc' })).status).toBe(403);
  });
});

describe('the log of a worker', () => {
  const now = () => new Date('2026-11-26T12:00:00.123Z');
  const lineOf = (format: 'json' | 'text') => {
    const lines: string[] = [];
    workerLog(format, (line) => lines.push(line), now).warn('two\nlines', {
      event: 'batch_status',
      job_id: 'j',
      n: [1],
    });
    return lines.join('');
  };

  it('is a line of JSON for each event', () => {
    expect(JSON.parse(lineOf('json'))).toEqual({
      time: '2026-11-26T12:00:00.123Z',
      level: 'WARN',
      message: 'two\nlines',
      event: 'batch_status',
      job_id: 'j',
      n: [1],
    });
  });

  it('or a line for people', () => {
    expect(lineOf('text')).toBe('2026-11-26T12:00:00Z WARN  two lines job_id=j n=[1]\n');
  });
});
