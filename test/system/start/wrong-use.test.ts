import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { takenPort } from '../../support/processes.ts';
import { command, EXPORT, tempFolder, wrongUse } from '../../support/start/command.ts';

describe('the command line', () => {
  it.each([
    [['--exprot', 'x'], /unknown option '--exprot'.*--help/],
    [['sample'], /"sample" is not a flag.*--help/],
    [['--export'], /--export <path>.*argument missing/],
    [['--state', ''], /--state should not be empty/],
    [['--max-batch-size', '0'], /--max-batch-size should be a whole number from 1 to 100,000/],
    [['--max-batch-size', 'many'], /--max-batch-size should be a whole number/],
    [['--dynamodb-port', '70000'], /--dynamodb-port should be a whole number from 1 to 65,535/],
    [['--postgres-port', '1e3'], /--postgres-port should be a whole number/],
    [['--postgres-port', '5555', '--dynamodb-port', '5555'], /--postgres-port must be another port/],
    [['--lie', '--claims', 'off'], /--lie needs claims/],
  ])('refuses %j in one line that names the flag', async (args, line) => {
    expect(await command(args)).toMatchObject(wrongUse(line));
  });

  it.each([
    [{ JOB_BUDGET_USD: 'ten' }, /JOB_BUDGET_USD: should be an amount/],
    [{ JOB_BUDGET_USD: '-1' }, /JOB_BUDGET_USD: should be above 0/],
    [{ DAY_BUDGET_USD: '0' }, /DAY_BUDGET_USD: should be above 0/],
    [{ ANTHROPIC_BASE_URL: 'localhost:80' }, /ANTHROPIC_BASE_URL: should be an address/],
  ])('refuses the environment %j in one line that names the variable', async (env, line) => {
    expect(await command([], { env })).toMatchObject(wrongUse(line));
  });

  it('lists every flag and variable when asked for help', async () => {
    const { code, stdout, stderr } = await command(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const flags = ['export', 'yes', 'state', 'out', 'model', 'max-batch-size', 'dynamodb-port', 'postgres-port'];
    for (const flag of flags) expect(stdout).toMatch(new RegExp(`^  --${flag}\\b`, 'm'));
    for (const name of ['ANTHROPIC_API_KEY', 'ANTHROPIC_BASE_URL', 'JOB_BUDGET_USD', 'DYNAMODB_ENDPOINT']) {
      expect(stdout).toContain(name);
    }
  });
});

/** Runs on the small export; what it said before it failed is its own affair. */
const refused = (args: string[], env: NodeJS.ProcessEnv = {}) => command(['--export', EXPORT, ...args], { env });

describe('folders', () => {
  it.each([
    ['of another version', '{"version":99}', /has version 99.*--state/],
    ['without a version that can be read', 'not json', /has an unknown version.*--state/],
  ])('refuses a state folder %s and leaves it as it is', async (_, mark, line) => {
    const state = tempFolder();
    mkdirSync(join(state, 'simulated'));
    writeFileSync(join(state, 'simulated', 'state.json'), mark);
    expect(await refused(['--state', state])).toMatchObject(wrongUse(line));
    expect(readFileSync(join(state, 'simulated', 'state.json'), 'utf8')).toBe(mark);
    expect(existsSync(join(state, 'simulated', 'lock'))).toBe(false);
  });

  it.each(['--state', '--out'])('refuses a folder for %s that cannot be written', async (flag) => {
    const file = join(tempFolder(), 'file');
    writeFileSync(file, '');
    const state = flag === '--state' ? [] : ['--state', tempFolder()];
    expect(await refused([...state, flag, join(file, 'folder')])).toMatchObject(
      wrongUse(new RegExp(`cannot be written \\(ENOTDIR\\).*${flag}`)),
    );
  });

  it('replaces the lock of a process that has ended', async () => {
    const state = tempFolder();
    mkdirSync(join(state, 'simulated'));
    writeFileSync(join(state, 'simulated', 'lock'), String(process.pid));
    const { port, server } = await takenPort();
    const { stderr } = await refused(['--state', state, '--dynamodb-port', String(port)]);
    server.close();
    expect(stderr).not.toMatch(/is in use by process/);
    expect(existsSync(join(state, 'simulated', 'lock'))).toBe(false);
  });
});

describe('addresses', () => {
  it.each(['--dynamodb-port', '--postgres-port'])('refuses a port for %s that is in use', async (flag) => {
    const { port, server } = await takenPort();
    const { code, stderr } = await refused(['--state', tempFolder(), flag, String(port)]);
    server.close();
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`^[^\\n]*port ${port} is in use: .*${flag}\\n$`));
  });

  it('refuses a DYNAMODB_ENDPOINT that does not answer', async () => {
    const { port, server } = await takenPort();
    server.on('connection', (socket) => socket.destroy());
    const { code, stderr } = await refused(['--state', tempFolder()], {
      DYNAMODB_ENDPOINT: `http://127.0.0.1:${port}`,
    });
    server.close();
    expect(code).toBe(2);
    expect(stderr).toMatch(/^[^\n]*DYNAMODB_ENDPOINT \(http:\S+\) does not answer[^\n]*\n$/);
  });
});
