#!/usr/bin/env node
// The package holds one bundle; in the repository the sources run as they are. Written so that an old Node.js can read it.
import { existsSync } from 'node:fs';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 15)) {
  console.error(`narratives needs Node.js 24 (22.15 at least), and this is ${process.versions.node}`);
  process.exit(2);
}
const source = new URL('./narratives.ts', import.meta.url);
await import(existsSync(source) ? source.href : new URL('../dist/narratives.js', import.meta.url).href);
