import fc from 'fast-check';

/** An answer in the shape of a report, with a clause for each list of citations. */
export function report(...citations: unknown[][]): Record<string, unknown> {
  const clauses = citations.map((list, index) => ({ text: `clause ${index}`, citations: list }));
  return { id: 'trams', title: 'Trams', paragraphs: [{ id: 'overview', title: 'Overview', sentences: [{ clauses }] }] };
}

/** A succeeded result whose text is given; `change` is of the message. */
export const succeeded = (text: string, change: Record<string, unknown> = {}) => ({
  type: 'succeeded',
  message: {
    id: 'msg_1',
    stop_reason: 'end_turn',
    content: [{ type: 'text', text }],
    usage: { input_tokens: 10, output_tokens: 20, cache_creation_input_tokens: 30, cache_read_input_tokens: 40 },
    ...change,
  },
});

/** Values that a hostile or broken answer may hold anywhere. */
export const strange = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    1e308,
    -1,
    -0,
    2 ** 53,
    0.5,
    '0',
    '1',
    '99',
    '1e3',
    ' 1',
    '',
    null,
    [],
    {},
    '\ud800',
    '</comments>',
  ),
  fc
    .constantFrom('__proto__', 'constructor', 'prototype', 'toString')
    .map((key) => JSON.parse(`{"${key}":{"paragraphs":[1]}}`) as unknown),
);

/** A good report with up to four of its values replaced, removed or moved under another key. */
export const mutated = fc
  .tuple(
    fc.array(fc.array(fc.nat(3), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
    fc.array(fc.tuple(fc.nat(), strange, fc.nat(3)), { maxLength: 4 }),
  )
  .map(([citations, changes]) => {
    const value = report(...citations);
    for (const [pick, other, kind] of changes) change(value, pick, other, kind);
    return value;
  });

type Holder = Record<string, unknown>;

/** Every place of a value that something stands in. */
function places(value: unknown): [Holder, string][] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Holder;
  return Object.keys(holder).flatMap((key) => [[holder, key] as [Holder, string], ...places(holder[key])]);
}

/** Replaces, removes or moves something in a value; which and how is decided by numbers. */
export function change(value: unknown, pick: number, other: unknown, kind: number): void {
  const all = places(value);
  const place = all[pick % Math.max(1, all.length)];
  if (!place) return;
  const [holder, key] = place;
  if (kind === 1) delete holder[key];
  else if (kind === 2)
    Object.defineProperty(holder, '__proto__', { value: other, enumerable: true, configurable: true, writable: true });
  // copied, because the same value put in two places could come to hold itself
  else holder[key] = structuredClone(other);
}
