import { defineConfig } from 'vitest/config';

const EMULATOR = 'test/emulator/**/*.test.ts';

export default defineConfig({
  test: {
    reporters: ['default', './test/support/count-reporter.ts'],
    maxWorkers: 2,
    teardownTimeout: 30_000,
    projects: [
      {
        test: {
          name: 'default',
          include: ['test/**/*.test.ts'],
          exclude: [EMULATOR],
          // whole-pipeline tests start databases; a slow machine must not make them fail
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'emulator',
          include: [EMULATOR],
          globalSetup: ['test/support/emulator/global-setup.ts'],
          // one deployment for all files, which take turns; a deployment inside a test bundles every function
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
