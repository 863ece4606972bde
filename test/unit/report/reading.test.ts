import { expect, test } from 'vitest';
import type { ReportsAnswer } from '../../../lambdas/report/public.ts';
import { allSections, readSections } from '../../../lambdas/report/reading.ts';

type Row = ReportsAnswer['reports'][string];

const row = (section: string, metadata: object, citations: number[], change: Partial<Row> = {}): [string, Row] => {
  const sentences = [{ clauses: [{ text: 'It is said.', citations }] }];
  const report = { id: section, title: `Title of ${section}`, paragraphs: [{ id: 'p', title: '', sentences }] };
  const report_data = JSON.stringify(report);
  const common = { section, model: 'm', timestamp: 't', job_id: 'j', errors: undefined, report_data };
  return [section, { ...common, metadata, ...change } as Row];
};
const topic = (layer_id: number, cluster_id: number) => ({
  section_kind: 'topic',
  section_title: `${layer_id}.${cluster_id}`,
  layer_id,
  cluster_id,
});
const read = (...rows: [string, Row][]) => readSections(Object.fromEntries(rows));
const tree = (sections: ReturnType<typeof readSections>): unknown[] =>
  sections.map(({ title, inside }) => (inside.length > 0 ? [title, tree(inside)] : title));

test('fine topics stand in the coarse topic with which they share most cited comments', () => {
  const sections = read(
    row('a', topic(0, 0), [1, 2, 3]),
    row('b', topic(0, 1), [7]),
    row('c', topic(0, 2), [9]),
    row('d', topic(1, 0), [3, 7]),
    row('e', topic(1, 1), [1, 2]),
    row('f', { section_kind: 'groups', section_title: 'Groups' }, [1]),
  );
  expect(tree(sections)).toEqual(['Groups', ['1.0', ['0.1']], ['1.1', ['0.0']], '0.2']);
  expect(allSections(sections).map(({ title }) => title)).toEqual(['Groups', '1.0', '0.1', '1.1', '0.0', '0.2']);
});

test('three layers stand in one another', () => {
  const layers = [0, 1, 2].map((layer) => row(`l${layer}`, topic(layer, 0), [1]));
  expect(tree(read(...layers))).toEqual([['2.0', [['1.0', ['0.0']]]]]);
});

test('no section is lost whatever its metadata are', () => {
  const sections = read(
    row('a', { section_kind: 5, layer_id: 'x' }, [1]),
    row('b', 'text' as never, [1]),
    row('c', undefined as never, [1]),
    row('d', { section_kind: 'constructor' }, [1]),
  );
  expect(allSections(sections)).toHaveLength(4);
  expect(allSections(sections).every(({ kind, state }) => kind === 'topic' && state === 'written')).toBe(true);
});

test('a section without a text says why', () => {
  const states = allSections(
    read(
      row('a', topic(0, 0), [], { errors: 'no_comments: none' }),
      row('b', topic(0, 1), [], { errors: 'refusal: no', report_data: undefined }),
      row('c', topic(0, 2), [], { report_data: '{"id":' }),
    ),
  ).map(({ state, why }) => [state, why]);
  expect(states).toEqual([
    ['left_out', 'It is said.'],
    ['missing', 'It could not be written.'],
    ['missing', 'The stored text of this section is not valid.'],
  ]);
});

test('votes that came with a section prove nothing when its claims were off', () => {
  const evidence = {
    groups: [{ letter: 'A', label: 'Group A', size: 1 }],
    votes: {
      1: [
        [1, 0, 0],
        [1, 0, 0],
      ],
    },
  };
  const withVotes = (claims: string) => {
    const [name, made] = row('a', { ...topic(0, 0), claims }, [1]);
    const report_data = JSON.stringify({ ...JSON.parse(made.report_data ?? ''), evidence });
    return readSections({ [name]: { ...made, report_data } })[0]?.evidence !== undefined;
  };
  expect([withVotes('checked'), withVotes('off'), withVotes('not checked')]).toEqual([true, false, false]);
});
