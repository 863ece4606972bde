import { App } from 'aws-cdk-lib/core';
import { InvalidSetting } from '../lambdas/shared/errors.ts';
import { addNarratives } from '../lib/app.ts';
import { checkWithNag } from '../lib/nag.ts';
import { readSettingsFile } from '../lib/read-settings.ts';

try {
  const app = new App();
  addNarratives(app, readSettingsFile(app.node.getAllContext(), process.cwd()));
  checkWithNag(app);
} catch (error) {
  if (!(error instanceof InvalidSetting)) throw error;
  // one line says it all; a stack trace would hide it
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = 2;
}
