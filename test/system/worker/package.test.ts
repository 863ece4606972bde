import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROJECT_ROOT } from '../../../lib/bundling.ts';
import { runToEnd } from '../../support/processes.ts';
import { lacksParts, workersBeside } from '../../support/worker/command.ts';
import { startPolis } from '../../support/worker/polis.ts';

const MAX_INSTALLED_KB = 60_000;

const read = (path: string) => readFileSync(join(PROJECT_ROOT, path), 'utf8');

/** The files that the container's build is given: nothing but what `.dockerignore` lists. */
function filesOfImage(): string[] {
  const kept: readonly string[] = read('.dockerignore').match(/(?<=^!).+$/gm) ?? [];
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: PROJECT_ROOT, encoding: 'utf8' }).split('\0');
  return files.filter((path) => existsSync(join(PROJECT_ROOT, path)) && kept.includes(path.split('/')[0] ?? ''));
}

/** A command of the Dockerfile in its JSON form. */
const commandOf = (instruction: string): string[] =>
  JSON.parse(new RegExp(`^ *${instruction} (\\[.*\\])$`, 'm').exec(read('Dockerfile'))?.[1] ?? '[]') as string[];

describe('the package, installed in an empty folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'narratives-package-'));
  const source = join(folder, 'source');
  const installed = join(folder, 'installed');
  const bin = join(installed, 'node_modules/delphi-narratives/bin/narratives.js');
  let manifest = '';

  beforeAll(async () => {
    // npm packs with another package.json for a moment, which the other tests must not see
    for (const file of filesOfImage()) {
      mkdirSync(dirname(join(source, file)), { recursive: true });
      cpSync(join(PROJECT_ROOT, file), join(source, file));
    }
    symlinkSync(join(PROJECT_ROOT, 'node_modules'), join(source, 'node_modules'));
    manifest = readFileSync(join(source, 'package.json'), 'utf8');
    await runToEnd('npm', ['pack', '--pack-destination', folder], { cwd: source });
    mkdirSync(installed);
    writeFileSync(join(installed, 'package.json'), '{"private": true}\n');
    const tarball = join(folder, `delphi-narratives-${JSON.parse(manifest).version}.tgz`);
    // it needs nothing beside it, so that no registry is asked
    await runToEnd('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], { cwd: installed });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('leaves the repository as it was', () => {
    expect(readFileSync(join(source, 'package.json'), 'utf8')).toBe(manifest);
  });

  it('has nothing of the CDK, no other package, and at most 60 MB', () => {
    const listed = execFileSync('npm', ['ls', '--all', '--parseable'], { cwd: installed, encoding: 'utf8' });
    expect(listed.trim().split('\n')).toHaveLength(2);
    const size = execFileSync('du', ['-sk', join(installed, 'node_modules')], { encoding: 'utf8' });
    expect(Number(size.split('\t')[0])).toBeLessThan(MAX_INSTALLED_KB);
    expect(existsSync(join(dirname(bin), '../dist/LICENSES.txt'))).toBe(true);
  });

  it('has every command', async () => {
    const help = await runToEnd('npx', ['narratives', '--help'], { cwd: installed });
    for (const name of ['submit', 'worker', 'doctor']) expect(help).toMatch(new RegExp(`^ +${name} `, 'm'));
  });

  it('is what the container runs', () => {
    expect(commandOf('ENTRYPOINT')).toEqual(['node', 'bin/narratives.js']);
    const { engines } = JSON.parse(readFileSync(join(dirname(bin), '../package.json'), 'utf8'));
    expect(engines).toEqual({ node: '>=22.15' });
    const { devDependencies } = JSON.parse(manifest);
    const images = [...read('Dockerfile').matchAll(/^FROM node:(\S+)-bookworm-slim/gm)].map(([, version]) => version);
    expect(images).toEqual([devDependencies.node, devDependencies.node]);
  });

  it('says what the worker needs, as a usage error', async () => {
    await expect(
      runToEnd('npx', ['narratives', 'worker'], { cwd: installed, env: { PATH: process.env.PATH } }),
    ).rejects.toThrow(/ended with 2:\s*UsageError: DATABASE_URL: is missing/);
  });

  it.skipIf(lacksParts())('runs the worker: a job row becomes a report', async () => {
    const polis = await startPolis();
    const workers = workersBeside(polis, bin);
    try {
      const worker = workers.start();
      const { health, page } = await worker.ready();
      for (const file of ['', 'page.js', 'page.css']) expect((await fetch(`${page}${file}`)).status, file).toBe(200);
      await workers.completed(await workers.putJob());
      // as the container asks
      const [, ...check] = commandOf('CMD');
      const env = { ...process.env, HTTP_PORT: new URL(String(health)).port };
      await runToEnd(process.execPath, check, { env });
      expect(await worker.ended('SIGTERM')).toBe(0);
      await expect(runToEnd(process.execPath, check, { env })).rejects.toThrow('ended with 1');
    } finally {
      await workers.end();
      await polis.stop();
    }
  });
});
