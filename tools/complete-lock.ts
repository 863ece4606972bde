import { readFileSync, writeFileSync } from 'node:fs';
import { missingOptional, type PackageLock, platformEntry } from './optional-packages.ts';

/**
 * `npm run complete-lock`, after `npm install`: names in package-lock.json the platform packages that the registry at hand
 * did not offer. `npm ci` refuses a lock that leaves any out, on every platform; with them it fetches the one it needs.
 */
const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8')) as PackageLock;
const missing = missingOptional(lock);
for (const { name, version, dev } of missing) lock.packages[`node_modules/${name}`] = platformEntry(name, version, dev);
const byPath = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(byPath) }, null, 2)}\n`);
console.log(`${missing.length} platform packages added to package-lock.json`);
