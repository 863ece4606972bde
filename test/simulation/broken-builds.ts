import { ANSWERS } from './broken/answers.ts';
import type { BrokenBuild } from './broken/build.ts';
import { ROWS } from './broken/rows.ts';
import { SENDING } from './broken/sending.ts';

/** Builds that are broken on purpose, each of which the simulation must notice. */
export const BROKEN_BUILDS: readonly BrokenBuild[] = [...SENDING, ...ANSWERS, ...ROWS];
