import { defineConfig } from 'vitest/config';
import LongestFirst from './test/support/sequencer.ts';

/** Only a test that hangs comes to this; a busy machine must not make one fail. */
const HANGS_MS = 300_000;
const limits = { testTimeout: HANGS_MS, hookTimeout: HANGS_MS };

export default defineConfig({
  test: {
    reporters: ['default', './test/support/count-reporter.ts'],
    // one more than there are cores in CI: tests of servers and browsers mostly wait
    maxWorkers: 3,
    teardownTimeout: 30_000,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'default',
          include: ['test/{system,simulation}/**/*.test.ts'],
          ...limits,
        },
      },
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          // loading the modules again for each file took longer than the tests
          isolate: false,
          globalSetup: ['test/support/temporary.ts'],
          ...limits,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/*.test.ts'],
          ...limits,
        },
      },
      {
        test: {
          name: 'emulator',
          include: ['test/emulator/*.test.ts'],
          globalSetup: ['test/support/emulator/global-setup.ts'],
          ...limits,
        },
      },
    ],
  },
});
