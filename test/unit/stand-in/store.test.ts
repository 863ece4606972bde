import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { linesOf, messageIn, requests, sdk, start } from '../../support/stand-in.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'stand-in-'));
  folders.push(path);
  return path;
}

describe('batches on disk', () => {
  test('a new process continues with the batches and faults of the old one', async () => {
    const stateDir = folder();
    let now = 0;
    const options = { clock: () => now, stateDir, processing: { secondsPerBatch: 60 } };
    const first = await start(options);
    first.script.dropAfter('create').result('a', { kind: 'refusal' });
    await expect(sdk(first).messages.batches.create({ requests: requests('a', 'b') })).rejects.toThrow();
    await sdk(first).messages.batches.create({ requests: requests('c') });
    now = 60_000;
    const before = first.batches();
    await first.close();
    const second = await start(options);
    expect(second.batches()).toEqual(before);
    expect((await sdk(second).messages.batches.list()).data.map(({ id }) => id)).toEqual(
      before.map(({ id }) => id).reverse(),
    );
    expect(messageIn((await linesOf(second, before[0]?.id ?? '')).get('a')).stop_reason).toBe('refusal');
    await sdk(second).messages.batches.delete(before[1]?.id ?? '');
    await second.close();
    const third = await start(options);
    await expect(sdk(third).messages.batches.retrieve(before[1]?.id ?? '')).rejects.toMatchObject({ status: 404 });
    expect(third.paidRequests()).toHaveLength(3);
  });

  test('a batch ends by the clock while the stand-in is stopped', async () => {
    const stateDir = folder();
    let now = 0;
    const options = { clock: () => now, stateDir, processing: { secondsPerBatch: 60 } };
    const first = await start(options);
    const { id } = await sdk(first).messages.batches.create({ requests: requests('a') });
    await first.close();
    now = 61_000;
    expect(await sdk(await start(options)).messages.batches.retrieve(id)).toMatchObject({
      processing_status: 'ended',
      ended_at: '1970-01-01T00:01:00.000000Z',
    });
  });

  test('a damaged file is named, and an unfinished create is ignored', async () => {
    const stateDir = folder();
    const first = await start({ stateDir });
    await sdk(first).messages.batches.create({ requests: requests('a') });
    await first.close();
    writeFileSync(join(stateDir, 'msgbatch_01lost.requests.json'), '{"requests":[');
    writeFileSync(join(stateDir, 'msgbatch_01lost.state.json.tmp'), '{');
    expect((await start({ stateDir })).batches()).toHaveLength(1);
    for (const ending of ['.requests.json', '.state.json']) {
      const name = readdirSync(stateDir).find((one) => one.endsWith(ending) && !one.includes('lost')) ?? '';
      const copy = folder();
      for (const other of readdirSync(stateDir)) writeFileSync(join(copy, other), '{}');
      writeFileSync(join(copy, name), '{"id":');
      await expect(start({ stateDir: copy })).rejects.toThrow(
        ending === '.state.json' ? name : /state\.json|requests\.json/,
      );
    }
  });

  test('a state that lacks a field names the field', async () => {
    const stateDir = folder();
    writeFileSync(join(stateDir, 'msgbatch_01x.state.json'), '{"id":"msgbatch_01x"}');
    await expect(start({ stateDir })).rejects.toThrow(/msgbatch_01x\.state\.json.*sequence/);
  });
});
