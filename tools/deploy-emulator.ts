import { NarrativesError } from '../lambdas/shared/errors.ts';
import { deployLocal } from './emulator/deploy.ts';

/**
 * `npm run deploy:emulator [-- arguments of cdk deploy]`: all stacks to the emulator on AWS_ENDPOINT_URL.
 * Exit codes: 0 done, 1 failed, 2 wrong use.
 */
try {
  process.exitCode = await deployLocal(process.argv.slice(2), process.env);
} catch (error) {
  if (!(error instanceof NarrativesError)) throw error;
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = error.name === 'InvalidSetting' ? 2 : 1;
}
