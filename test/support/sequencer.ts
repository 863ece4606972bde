import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The longest kinds of tests begin first, so that no core is idle at the end. */
const ORDER = ['/test/emulator/', '/test/simulation/', '/test/system/', '/test/unit/'];

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const kind = ({ moduleId }: TestSpecification) => ORDER.findIndex((folder) => moduleId.includes(folder));
    return (await super.sort(files)).sort((one, two) => kind(one) - kind(two));
  }
}
