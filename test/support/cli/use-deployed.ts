import { afterAll, beforeAll, beforeEach, vi } from 'vitest';
import { type Deployed, startDeployed } from './deployed.ts';

/**
 * A deployment for the tests of one file, each with credentials that it takes and that are gone after it. Call it at the
 * top of the file; what it gives is filled before the first test.
 */
export function useDeployed(): Deployed {
  const deployed = {} as Deployed;
  beforeAll(async () => {
    Object.assign(deployed, await startDeployed());
  });
  afterAll(() => deployed.stop());
  beforeEach(() => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    // where a test takes the credentials away, no server of EC2 is asked for others
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    return () => vi.unstubAllEnvs();
  });
  return deployed;
}
