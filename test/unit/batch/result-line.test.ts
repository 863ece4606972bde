import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseResultLine, splitLines } from '../../../lambdas/batch/result-lines.ts';

async function* stream(chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
const unmarked = (text: string) => text.replace(/^\ufeff/, '');
const isText = (text: string) => text.trim() !== '';
const lines = (chunks: (Uint8Array | string)[], longest?: number) =>
  Array.fromAsync(splitLines(stream(chunks.map((chunk) => Buffer.from(chunk as string))), longest));
/** Cuts bytes at the given places. */
function cut(bytes: Uint8Array, places: number[]): Uint8Array[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

describe('splitting a stream into lines', () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.toWellFormed().replace(/[\r\n]/g, '')),
    fc.constantFrom('{"a":"é😀\u2028\u2029"}', 'x', '日本語', ''),
  );
  const cuts = fc.array(fc.nat(500), { maxLength: 30 });

  test('any chunking gives the same lines', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 8 }),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        cuts,
        async (texts, end, closed, places) => {
          const bytes = Buffer.from(texts.join(end) + (closed ? end : ''));
          expect(await lines(cut(bytes, places))).toEqual(texts.map(unmarked).filter(isText));
        },
      ),
    );
  });

  test('any chunking gives the same lines when some are over the limit', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 8 }), cuts, async (texts, places) => {
        const bytes = Buffer.from(texts.join('\n'));
        const expected = texts.map((text) => {
          const long = Buffer.byteLength(text);
          if (long <= 12) return unmarked(text);
          return { beginning: unmarked(Buffer.from(text).subarray(0, 12).toString()), bytes: long };
        });
        expect(await lines(cut(bytes, places), 12)).toEqual(
          expected.filter((each) => typeof each !== 'string' || isText(each)),
        );
      }),
    );
  });

  test('bytes that are no UTF-8 give the same lines in any chunking, and never throw', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), cuts, async (bytes, places) => {
        expect(await lines(cut(bytes, places))).toEqual(await lines([bytes]));
      }),
    );
  });

  test('a character cut between two chunks stays whole', async () => {
    const bytes = Buffer.from('é😀\nü');
    for (let place = 0; place <= bytes.length; place++) expect(await lines(cut(bytes, [place]))).toEqual(['é😀', 'ü']);
  });

  test('CRLF ends a line as LF does, also when it is cut in two', async () => {
    expect(await lines(['a\r', '\nb\rc\r\n'])).toEqual(['a', 'b\rc']);
  });

  test('U+2028, U+2029 and U+0085 do not end a line', async () => {
    expect(await lines(['a\u2028b\u2029c\u0085d\ne'])).toEqual(['a\u2028b\u2029c\u0085d', 'e']);
  });

  test('the last line needs no line break, and empty lines are skipped', async () => {
    expect(await lines(['\n\na\n\r\n\nb'])).toEqual(['a', 'b']);
    expect(await lines([])).toEqual([]);
    expect(await lines(['', '\n', ''])).toEqual([]);
  });

  test('a line over the limit keeps its beginning, and the next one is whole', async () => {
    expect(await lines(['12345\n1234', '56\nab\n'], 5)).toEqual(['12345', { beginning: '12345', bytes: 6 }, 'ab']);
    expect(await lines(['ab\n123', '45', '6', '7'.repeat(100)], 5)).toEqual(['ab', { beginning: '12345', bytes: 106 }]);
    const [long] = await lines(['x'.repeat(5_000_000)]);
    expect(long).toEqual({ beginning: 'x'.repeat(65_536), bytes: 5_000_000 });
  });

  test('a byte order mark at the start of a line is removed', async () => {
    expect(await lines(['\ufeff{"a":1}\n\ufeff{"b":2}\r\n\ufeff\n'])).toEqual(['{"a":1}', '{"b":2}']);
  });

  test('a blank line is skipped', async () => {
    expect(await lines([' \t\n\r\n  \na\n '])).toEqual(['a']);
  });

  test('a stream that breaks off passes its error on', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a\nb');
      throw new Error('reset');
    }
    const seen: unknown[] = [];
    const read = async () => {
      for await (const one of splitLines(broken())) seen.push(one);
    };
    await expect(read()).rejects.toThrow('reset');
    expect(seen).toEqual(['a']);
  });
});

describe('reading one line', () => {
  test('it has the custom id, the result and the line as it came', () => {
    const text = '{"custom_id":"a", "result":{"type":"expired"}, "more":1}';
    expect(parseResultLine(text)).toEqual({ custom_id: 'a', result: { type: 'expired' }, text });
  });

  test.each([
    '{"custom_id":null,"result":1}',
    '{"custom_id":"","result":1}',
    '{"custom_id":5,"result":1}',
    '{"result":1}',
  ])('%s has no custom id', (text) => {
    expect(parseResultLine(text)).toEqual({ custom_id: undefined, result: 1, text });
  });

  test.each(['', '{', 'null', '[]', '5', '"x"'])('%j is no line of results', (text) => {
    expect(parseResultLine(text)).toBeUndefined();
  });

  test('any text is read or refused, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect([undefined, text]).toContain(parseResultLine(text)?.text);
      }),
    );
  });
});
