import { execFileSync } from 'node:child_process';
import { isPermissive, licencesOf, PERMISSIVE } from './licence-list.ts';

/** `npm run licences`: lists what the packages that are deployed or run are licensed under; exit code 1 when one is not permissive. */
const sbom = execFileSync('npm', ['sbom', '--sbom-format=cyclonedx', '--omit=dev'], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
  maxBuffer: 64 * 1024 * 1024,
});
const all = licencesOf(JSON.parse(sbom));
const width = Math.max(...all.map(({ licence }) => licence.length));
for (const { licence, package: name } of all) console.log(`${licence.padEnd(width)}  ${name}`);

const refused = all.filter(({ licence }) => !isPermissive(licence));
for (const { licence, package: name } of refused) {
  console.error(`${name} is under ${licence}, which is none of: ${[...PERMISSIVE].join(', ')}`);
}
console.log(`${all.length} packages, ${refused.length} under a licence that is not on the list`);
process.exitCode = refused.length > 0 ? 1 : 0;
