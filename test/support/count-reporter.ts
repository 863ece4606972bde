import type { Reporter, SerializedError, TestModule, TestRunEndReason } from 'vitest/node';

/** Closes a run with one plain line, `N passed, N failed`, that a machine can read. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[], reason: TestRunEndReason): void {
    let passed = 0;
    // a file that could not be loaded, or an error outside any test, is a failure as well
    let failed = unhandled.length + modules.filter((module) => module.errors().length > 0).length;
    let skipped = 0;
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        else if (state === 'failed') failed += 1;
        else skipped += 1;
      }
    }
    // nothing ran: what a project needs before its tests could not be set up
    if (reason === 'failed' && failed === 0) failed = 1;
    console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  }
}
