import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePort, takenPort } from '../../support/processes.ts';
import {
  batchesIn,
  Command,
  command,
  EXPORT,
  endBatches,
  HELD,
  tempFolder,
  wrongUse,
} from '../../support/start/command.ts';
import { reportIn } from '../../support/start/report-files.ts';

const state = tempFolder();
const port = await freePort();
const args = ['--export', EXPORT, '--state', state, '--serve', String(port)];
const SERVING = /curl "(http:\S+)"[\s\S]*curl -H .* (http:\S+)\n/;

const json = async (answer: Response | Promise<Response>) => JSON.parse(await (await answer).text());
/** Sends what the curl line that was printed would send. */
const order = (run: Command, change: Record<string, unknown> = {}) => {
  const [, said = '{}', url = ''] =
    /curl -H "content-type: application\/json" -d '(\S+)' (\S+)\n/.exec(run.stdout) ?? [];
  const body = JSON.stringify({ ...JSON.parse(said), ...change });
  return json(fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body }));
};
const read = (run: Command) => json(fetch(SERVING.exec(run.stdout)?.[1] ?? ''));

const statusFor = (run: Command, host: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    request(SERVING.exec(run.stdout)?.[1] ?? '', { headers: { host } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on('error', reject)
      .end();
  });

interface SeenJob {
  job_id: string;
  status: string;
  sections: { planned: number; stored: number } | null;
}

/** The jobs of each state that a page's events send, until one fits. */
async function seenLive(url: string, last: (job: SeenJob, first: SeenJob | undefined) => boolean): Promise<SeenJob[]> {
  const seen: SeenJob[] = [];
  const answer = await fetch(url);
  let text = '';
  for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const [job] = event.startsWith('event: state') ? JSON.parse(event.slice(event.indexOf('{'))).jobs : [];
      if (job) seen.push(job);
    }
    if (seen.some((job) => last(job, seen[0]))) break;
  }
  return seen;
}

/** One story: the second run continues where the first left the state folder. */
describe('npm start -- --serve', () => {
  it('serves its report, accepts another job, and ends with 0 on Ctrl-C', async () => {
    const run = new Command(args);
    await run.said(SERVING);
    // a name that another site has pointed here reads nothing
    const hosts = [`localhost:${port}`, `127.0.0.1:${port}`, 'other.site'];
    expect(await Promise.all(hosts.map((host) => statusFor(run, host)))).toEqual([200, 200, 403]);
    const { request_report_id } = await read(run);
    const shown = await fetch(`http://127.0.0.1:${port}/api/v3/delphi/reports/${request_report_id}/html`);
    expect([shown.status, shown.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await shown.text()).toContain('Simulated: no model wrote this text.');
    const { json: file } = reportIn(join(state, 'simulated', 'reports'));
    expect(await read(run)).toEqual(JSON.parse(file));

    const ordered = await order(run);
    expect(ordered).toMatchObject({ status: 'success', deduplicated: false });
    await run.said(
      new RegExp(`${ordered.job_id} was started by a request[\\s\\S]*COMPLETED: 6 of 6[\\s\\S]*SIMULATED`),
    );
    const answer = await read(run);
    expect(answer.current_job_id).toBe(ordered.job_id);
    expect(answer.available_runs).toHaveLength(2);
    expect(JSON.parse(reportIn(join(state, 'simulated', 'reports')).json)).toEqual(answer);

    run.child.kill('SIGINT');
    const { code, stdout, stderr } = await run.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/stopped serving; no job is running$/);
  });

  it('shows in a browser how the report is made, while it is made', async () => {
    const run = new Command([...args, '--no-cache', '--batch-seconds', '5']);
    await run.said(/in your browser: http\S+\n/);
    const [, url = ''] = /in your browser: (\S+)\n/.exec(run.stdout) ?? [];
    expect((await fetch(url)).headers.get('content-type')).toMatch(/^text\/html/);
    // the first state that is sent has the jobs of the run before
    const seen = await seenLive(
      `${url}events`,
      ({ job_id, status }, earlier) => job_id !== earlier?.job_id && status === 'COMPLETED',
    );
    const ours = seen.filter(({ job_id }) => job_id === seen.at(-1)?.job_id);
    expect(ours.map(({ status }) => status)).toContain('PROCESSING');
    expect(ours.find(({ status }) => status === 'PROCESSING')?.sections?.stored ?? 0).toBe(0);
    expect(ours.at(-1)).toMatchObject({ status: 'COMPLETED', sections: { planned: 6, stored: 6 } });
    await run.said(SERVING);
    const page = await (await fetch(url)).text();
    expect(page).toContain(ours.at(-1)?.job_id);
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(0);
  });

  it('ends with 130 when a job is under way, and resumes it when started again', async () => {
    // what it begins with needs no batch
    const run = new Command([...args, ...HELD]);
    await run.said(SERVING);
    const { job_id } = await order(run, { no_cache: true });
    await run.said(new RegExp(`${job_id} was started[\\s\\S]*batch msgbatch_\\w+ holds`));
    run.child.kill('SIGINT');
    const { code, stdout, stderr } = await run.ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/run the same command to resume it$/);
    const batches = batchesIn(state);
    endBatches(state);

    const again = new Command(args);
    await again.said(SERVING);
    expect(again.stdout).toContain(`resuming ${job_id}`);
    expect((await read(again)).current_job_id).toBe(job_id);
    expect(batchesIn(state)).toEqual(batches);
    again.child.kill('SIGTERM');
    expect((await again.ended).code).toBe(0);
  });

  it('refuses a port that is in use in one line, before anything is done', async () => {
    const taken = await takenPort();
    const folder = tempFolder();
    const ended = await command(['--state', folder, '--serve', String(taken.port)]);
    taken.server.close();
    expect(ended).toMatchObject(wrongUse(new RegExp(`port ${taken.port} is in use: .*--serve`)));
    expect(() => batchesIn(folder)).toThrow('ENOENT');
  });

  it.each([['0'], ['70000'], ['http']])('refuses %s for a port', async (value) => {
    expect(await command(['--serve', value])).toMatchObject(
      wrongUse(/--serve should be a whole number from 1 to 65,535/),
    );
  });

  it('is described by --help, with its default port', async () => {
    expect((await command(['--help'])).stdout).toMatch(/^ {2}--serve \[port\] (?:(?!\n {2}-)[\s\S])*8787/m);
  });
});
