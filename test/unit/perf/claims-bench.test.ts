import { beforeAll, describe, expect, it } from 'vitest';
import { benchClaims } from '../../../perf/bench/claims.ts';
import { trueStatements } from '../../../perf/bench/claims-true.ts';
import { isWrong, type Line, type Table } from '../../../perf/command-line.ts';

describe('the check of claims, on the sample', () => {
  let tables: Table[];
  beforeAll(async () => {
    tables = await benchClaims(undefined);
  });
  const linesOf = (start: string): Line[] => tables.find(({ title }) => title.startsWith(start))?.lines ?? [];
  const first = (text: string | undefined) => Number(text?.replaceAll(',', '').match(/\d+(\.\d+)?/)?.[0]);

  it.each(['True claims', 'False claims', 'False texts', 'Oracle and check', 'The same, groups shuffled'])(
    'keeps every target, with claims of every kind: %s',
    (title) => {
      const lines = linesOf(title);
      expect(lines.filter(isWrong)).toEqual([]);
      expect(lines.filter(({ target }) => target !== undefined).length).toBeGreaterThan(0);
      // of what must not be, nothing is counted
      for (const { what, figure } of lines)
        if (!/^(true claims refused|verdicts|texts whose)/.test(what)) expect(first(figure), what).toBeGreaterThan(0);
    },
  );

  it('holds the check against the oracle more than ten thousand times', () => {
    expect(first(linesOf('Oracle and check')[0]?.figure.split(' of ')[1])).toBeGreaterThan(10_000);
  });

  it('finds few differences where the groups are shuffled, and fewer than 30 points alone would', () => {
    const [proven, raw] = linesOf('Comments that set groups apart').map(({ figure, note }) => ({
      right: first(figure),
      shuffled: first(note),
    }));
    if (!proven || !raw) throw new RangeError('no lines');
    expect(proven.right).toBeGreaterThan(50);
    expect(proven.shuffled * 10).toBeLessThan(proven.right);
    expect(proven.shuffled).toBeLessThan(raw.shuffled);
  });
});

it('every claim is stated of single comments, and of sets of two, three and four of them', () => {
  const tids = Array.from({ length: 12 }, (_, tid) => tid);
  const statements = trueStatements(
    new Map([['M+', { claim: { kind: 'majority', stance: 'agree' }, tids }]]),
    () => 0.5,
  );
  expect(statements.map(({ tids }) => tids.length)).toEqual([...tids.map(() => 1), 2, 3, 4, 2]);
});
