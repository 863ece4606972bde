import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startDynamo } from '../../../local/embedded/dynamodb.ts';
import { claimPort, hasEnded } from '../../../local/os.ts';

describe('a process that was killed', () => {
  // the time between the loss of its command line and the end of its ports is short
  it.each([1, 2, 3, 4, 5])('holds no port once it has ended (time %i)', async () => {
    let pid = 0;
    const dynamo = await startDynamo({ onProcess: (process) => (pid = process) });
    expect(hasEnded(pid)).toBe(false);
    process.kill(pid, 'SIGKILL');
    while (!hasEnded(pid)) await nextTurn();
    const port = Number(new URL(dynamo.endpoint).port);
    expect(await claimPort('--port', port)).toBe(port);
    await dynamo.stop();
  });

  it('has ended where there is none of its id', () => {
    expect(hasEnded(2 ** 30)).toBe(true);
  });
});
