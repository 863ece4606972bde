import fc from 'fast-check';
import { change, report, strange, succeeded } from '../../../support/answers.ts';
import { idOf, shownTo } from './store.ts';

/** Text that is good or bad to show, but must never do anything else. */
const odd = fc.oneof(
  fc.constantFrom(
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '\u0000\u0007\u001b[31mred\u009b',
    'half \ud83d a sign \udc00',
    '\u202eright to left',
    'line\r\nline\rline\tcell',
    '\u2028\u2029\ufeff',
    '__proto__',
    '$' + '{constructor}',
    '日本語'.repeat(300),
    '\u0000',
    'x'.repeat(3_000),
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

/** A line that ended in another way than with an answer. */
const endings: ((line: Json) => unknown)[] = [
  () => ({ type: 'canceled' }),
  () => ({ type: 'expired' }),
  () => ({ type: 'errored', error: { type: 'error', error: { type: 'api_error', message: 'x' } } }),
  () => ({ type: 'errored', error: { type: 'error', error: { type: 'invalid_request_error', message: 'x' } } }),
  (line) => ({ type: 'succeeded', message: { ...messageOf(line), stop_reason: 'max_tokens' } }),
  (line) => ({ type: 'succeeded', message: { ...messageOf(line), stop_reason: 'refusal', content: [] } }),
  (line) => ({ type: 'succeeded', message: { ...messageOf(line), stop_reason: 's'.repeat(2_000) } }),
  (line) => ({ type: 'succeeded', message: { ...messageOf(line), id: '\ud800'.repeat(1_000) } }),
  (line) => ({ type: 'succeeded', message: { ...messageOf(line), usage: { input_tokens: 'many' } } }),
];
/** Ids that are not ours, or not ids. */
const foreign = fc.oneof(
  fc.constantFrom<unknown>(
    ...['', ' ', '__proto__', 'constructor', 'toString', '\ud800', 'a\u0000b', 'x'.repeat(10_000)],
    ...[null, 5, true, [], {}, ['__proto__']],
    ...[idOf(0).replace('_1_', '_2_'), `${idOf(0)} `, ` ${idOf(0)}`, `${idOf(0)}\n`, idOf(999_999), `${idOf(0)}e0`],
    idOf(0).toUpperCase(),
    `0123456789abcdef_1_0`,
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

/** Lines that are no JSON object at all. */
const noLine = fc.oneof(
  fc.constantFrom(
    '',
    '   ',
    '\r',
    'null',
    '[]',
    '5',
    '"text"',
    '{',
    '\u0000\u0000',
    '{}',
    '{"result":{}}',
    '\ufeff',
    '{"custom_id":',
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
);

const deep = fc.tuple(
  fc.constantFrom(['[', ']'], ['{"a":', '}'], ['[[],', ']']),
  fc.integer({ min: 100, max: 10_000 }),
  fc.boolean(),
);

/** How a good line is spoilt. */
type Spoil = (line: Json) => Buffer;
const spoils = (most: number): [weight: number, arbitrary: fc.Arbitrary<Spoil>][] => [
  [6, fc.constant<Spoil>(bytesOf)],
  [
    4,
    fc.constantFrom(...endings).map(
      (ending): Spoil =>
        (line) =>
          bytesOf({ ...line, result: ending(line) }),
    ),
  ],
  [
    2,
    foreign.map(
      (custom_id): Spoil =>
        (line) =>
          bytesOf({ ...line, custom_id }),
    ),
  ],
  [1, fc.constant<Spoil>(({ result }) => bytesOf({ result }))],
  [
    3,
    fc.array(fc.tuple(fc.nat(), strange, fc.nat(3)), { minLength: 1, maxLength: 3 }).map(
      (changes): Spoil =>
        (line) => {
          for (const [pick, value, kind] of changes) change(line, pick, value, kind);
          return bytesOf(line);
        },
    ),
  ],
  [
    3,
    fc.array(fc.tuple(fc.nat(), strange, fc.nat(3)), { minLength: 1, maxLength: 3 }).map(
      (changes): Spoil =>
        (line) => {
          const value = JSON.parse(textOf(line));
          for (const [pick, other, kind] of changes) change(value, pick, other, kind);
          return bytesOf(withText(line, JSON.stringify(value)));
        },
    ),
  ],
  [
    2,
    fc.tuple(fc.nat(), fc.nat(), odd).map(
      ([from, to, put]): Spoil =>
        (line) =>
          bytesOf(withText(line, splice(textOf(line), from, to, put))),
    ),
  ],
  [
    2,
    fc.nat().map(
      (at): Spoil =>
        (line) =>
          cut(bytesOf(line), at),
    ),
  ],
  [
    3,
    fc.array(fc.tuple(fc.nat(), fc.nat(7)), { minLength: 1, maxLength: 4 }).map(
      (flips): Spoil =>
        (line) =>
          flipped(bytesOf(line), flips),
    ),
  ],
  [
    2,
    fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 6 })).map(
      ([at, put]): Spoil =>
        (line) =>
          inserted(bytesOf(line), at, put),
    ),
  ],
  [
    1,
    fc.constantFrom<Spoil>(
      (line) => Buffer.concat([Buffer.from('\ufeff'), bytesOf(line)]),
      (line) => Buffer.concat([bytesOf(line), Buffer.from('\r')]),
    ),
  ],
  [
    2,
    noLine.map(
      (text): Spoil =>
        () =>
          Buffer.from(text),
    ),
  ],
  [
    1,
    deep.map(
      ([[open, close], depth, inText]): Spoil =>
        (line) =>
          nested(line, open as string, close as string, depth, inText),
    ),
  ],
  [
    0.1,
    fc.integer({ min: 200_000, max: most }).map(
      (size): Spoil =>
        (line) =>
          bytesOf(huge(line, size)),
    ),
  ],
];

function splice(text: string, from: number, to: number, put: string): string {
  const [start, end] = [from % text.length, to % text.length].sort((a, b) => a - b) as [number, number];
  return text.slice(0, start) + put + text.slice(end);
}
const cut = (bytes: Buffer, at: number): Buffer => bytes.subarray(0, at % bytes.length);
function flipped(bytes: Buffer, flips: [number, number][]): Buffer {
  const copy = Buffer.from(bytes);
  for (const [at, bit] of flips) copy[at % copy.length] = (copy[at % copy.length] as number) ^ (1 << bit);
  return copy;
}
const inserted = (bytes: Buffer, at: number, put: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, at % bytes.length), put, bytes.subarray(at % bytes.length)]);
function nested(line: Json, open: string, close: string, depth: number, inText: boolean): Buffer {
  const value = `${open.repeat(depth)}1${close.repeat(depth)}`;
  if (inText) return bytesOf(withText(line, textOf(line).replace(/}$/, `,"deep":${value}}`)));
  return Buffer.from(JSON.stringify(line).replace(/}$/, `,"deep":${value}}`));
}
/** Noise that does not pack, of signs that take three bytes each. */
function huge(line: Json, size: number): Json {
  let seed = size;
  const noise = Array.from({ length: size }, () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return String.fromCharCode(0x4e00 + ((seed >>> 12) % 20_000));
  }).join('');
  return withText(line, textOf(line).replace('clause 0', noise));
}

/**
 * One line of results, without its end, made from a good one of one of so many sections. It may hold a line break.
 * @param largest UTF-16 units of the largest answers
 */
export const hostileLine = (sections: number, largest = 400_000): fc.Arbitrary<Buffer> =>
  fc
    .tuple(
      fc.nat(sections - 1),
      fc.nat(0x7fffffff),
      fc.oneof({ arbitrary: fc.constant('words'), weight: 2 }, odd),
      fc.oneof({ arbitrary: fc.constant('Title'), weight: 3 }, odd),
      fc.oneof(...spoils(largest).map(([weight, arbitrary]) => ({ weight: weight * 10, arbitrary }))),
    )
    .map(([ordinal, words, text, title, spoil]) => spoil(goodLine(ordinal, String(words), text, title)));

/** The bytes of some lines, as a stream in chunks of some size. */
export async function* streamOf(lines: readonly Buffer[], chunk = 65_536): AsyncGenerator<Uint8Array> {
  let held: Buffer[] = [];
  let size = 0;
  for (const line of lines) {
    held.push(line, Buffer.from('\n'));
    size += line.length + 1;
    if (size < chunk) continue;
    const bytes = Buffer.concat(held);
    for (let from = 0; from < bytes.length; from += chunk) yield bytes.subarray(from, from + chunk);
    held = [];
    size = 0;
  }
  yield Buffer.concat(held);
}

export type Json = Record<string, unknown>;

/** The value of a good line; `words` tells it from every other. */
export function goodLine(ordinal: number, words: string, text: string, title: string): Json {
  const value = report(shownTo(ordinal), [0]) as { title: string; paragraphs: { title: string; sentences: Json[] }[] };
  value.title = title;
  value.paragraphs.push({
    title,
    sentences: [{ clauses: [{ text: `${words} ${text}`, citations: shownTo(ordinal).slice(0, 1) }] }],
  });
  return { custom_id: idOf(ordinal), result: succeeded(JSON.stringify(value), { id: `msg_${words}` }) };
}

export const bytesOf = (value: unknown): Buffer =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

export const messageOf = (line: Json): Json => (line.result as { message: Json }).message;

/** What the model wrote. */
export const textOf = (line: Json): string => (messageOf(line).content as { text: string }[])[0]?.text ?? '';

/** The line with another text. */
export const withText = (line: Json, text: string): Json => ({
  ...line,
  result: { type: 'succeeded', message: { ...messageOf(line), content: [{ type: 'text', text }] } },
});
