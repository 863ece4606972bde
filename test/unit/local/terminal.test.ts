import fc from 'fast-check';
import { expect, it } from 'vitest';
import { liveText } from '../../../local/terminal.ts';

it('shows sections, what is being done, the price and the next check, in this order', () => {
  const doing = { what: 'waiting', sections: { stored: 4, planned: 16 }, until: 5_000, price: 'about $0.26' };
  expect(liveText(doing, 2_500, 100)).toBe('███░░░░░░░░░ 4/16 sections · waiting · about $0.26 · check in 3 s');
});

it('does not count below zero, and shows nothing when nothing is done', () => {
  expect(liveText({ what: 'waiting', until: 1_000 }, 9_000, 100)).toBe('waiting · check in 0 s');
  expect(liveText(undefined, 0, 100)).toBe('');
});

it('is never wider than the terminal', () => {
  const doing = fc.record({
    what: fc.string(),
    sections: fc.option(fc.record({ stored: fc.nat(500), planned: fc.nat(500) }), { nil: undefined }),
    price: fc.option(fc.string(), { nil: undefined }),
  });
  fc.assert(
    fc.property(doing, fc.nat(200), (state, width) => {
      const { stored = 0, planned = 0 } = state.sections ?? {};
      const sections = state.sections && { stored: Math.min(stored, planned), planned };
      expect(liveText({ ...state, sections }, 0, width).length).toBeLessThanOrEqual(width);
    }),
  );
});
