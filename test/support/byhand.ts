import { startPolis } from '/work/wt-worker/test/support/worker/polis.ts';

const p = await startPolis();
console.log(JSON.stringify(p.env));
console.log(p.anthropic.control);
await new Promise((r) => process.once('SIGTERM', r));
await p.stop();
process.exit(0);
