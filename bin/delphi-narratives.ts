import { App } from 'aws-cdk-lib/core';
import { InvalidSetting } from '../lambdas/domain/errors.ts';
import { addNarratives } from '../lib/app.ts';

try {
  addNarratives(new App());
} catch (error) {
  if (!(error instanceof InvalidSetting)) throw error;
  // one line says it all; a stack trace would hide it
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = 2;
}
