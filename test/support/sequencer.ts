import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The longest kinds of tests begin first, so that no core is idle at the end; until the emulator's turn, its stacks are deployed. */
const ORDER = ['/test/simulation/', '/test/browser/', '/test/emulator/', '/test/system/', '/test/unit/'];

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const kind = ({ moduleId }: TestSpecification) => ORDER.findIndex((folder) => moduleId.includes(folder));
    return (await super.sort(files)).sort((one, two) => kind(one) - kind(two));
  }
}
