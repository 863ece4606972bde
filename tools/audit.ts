import { spawnSync } from 'node:child_process';
import { auditAnswer } from './audit-answer.ts';

/** `npm run audit`: exit code 1 when a package that is deployed or run has a known fault of high severity. */
const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
  encoding: 'utf8',
  // what npm says there of a refusal is in its answer too
  stdio: ['ignore', 'pipe', 'ignore'],
  maxBuffer: 64 * 1024 * 1024,
});
const answer = auditAnswer(stdout);
if (answer.kind === 'unavailable') {
  console.log(`audit skipped: the registry in use answers no audits (${answer.why}); nothing is known, good or bad`);
} else {
  for (const line of answer.serious) console.error(line);
  console.log(`${answer.packages} packages with known faults, ${answer.serious.length} of them high or critical`);
  process.exitCode = answer.serious.length > 0 ? 1 : 0;
}
