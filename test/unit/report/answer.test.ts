import { describe, expect, test } from 'vitest';
import { readResult, readText } from '../../../lambdas/report/answer.ts';
import { report, succeeded } from '../../support/answers.ts';

const shown = (tid: number) => tid >= 0 && tid <= 3;
const read = (result: unknown) => readResult(result, { tids: new Set([0, 1, 2, 3]), evidence: undefined });
const good = JSON.stringify(report([0, 1], [3]));
const TOKENS = { input: 10, output: 20, cache_write: 30, cache_read: 40 };

describe('what becomes of each type of result', () => {
  test('a good answer is stored with its tokens, stop reason and message id', () => {
    expect(read(succeeded(good))).toEqual({
      kind: 'stored',
      report: report([0, 1], [3]),
      tokens: TOKENS,
      stop_reason: 'end_turn',
      message_id: 'msg_1',
    });
  });

  test('a request that the API refuses has failed: it would be refused again, and the API says why', () => {
    const error = { type: 'error', error: { type: 'invalid_request_error', message: 'max_tokens: too large' } };
    expect(read({ type: 'errored', error })).toEqual({
      kind: 'failed',
      reason: 'invalid_request',
      said: 'invalid_request_error: max_tokens: too large',
    });
  });

  test.each(['api_error', 'overloaded_error', 'rate_limit_error', 'timeout_error', 'something_new'])(
    'a request that ended with %s is asked again',
    (type) => {
      expect(read({ type: 'errored', error: { type: 'error', error: { type, message: 'x' } } })).toEqual({
        kind: 'ask_again',
        reason: 'errored',
        said: `${type}: x`,
      });
    },
  );

  test.each([undefined, null, 'invalid_request_error', {}, { error: null }])(
    'an error that says nothing, %j, is asked again',
    (error) => {
      expect(read({ type: 'errored', error })).toEqual({ kind: 'ask_again', reason: 'errored' });
    },
  );

  test('a canceled request has failed, an expired one is asked again', () => {
    expect(read({ type: 'canceled' })).toEqual({ kind: 'failed', reason: 'canceled' });
    expect(read({ type: 'expired' })).toEqual({ kind: 'ask_again', reason: 'expired' });
  });

  test.each([
    undefined,
    null,
    5,
    'x',
    [],
    {},
    { type: 'failed' },
    { type: 'succeeded' },
    { type: 'succeeded', message: {} },
  ])('%j is no result, and is asked again', (result) => {
    expect(read(result)).toEqual({ kind: 'ask_again', reason: 'wrong_shape' });
  });
});

describe('what becomes of each stop reason', () => {
  test.each([
    ['max_tokens', 'ask_again', 'truncated'],
    ['refusal', 'failed', 'refusal'],
    ['model_context_window_exceeded', 'failed', 'context_window'],
    ['pause_turn', 'ask_again', 'unfinished'],
    ['tool_use', 'ask_again', 'unfinished'],
    ['stop_sequence', 'ask_again', 'unfinished'],
    ['something_new', 'ask_again', 'unfinished'],
  ])('%s is %s: %s, though its text is a good report, and its tokens are counted', (stop_reason, kind, reason) => {
    expect(read(succeeded(good, { stop_reason }))).toMatchObject({ kind, reason, stop_reason, tokens: TOKENS });
  });

  test.each(['constructor', '__proto__'])(
    '%s, a name that every object has, is one more unknown stop reason',
    (stop_reason) => {
      expect(read(succeeded(good, { stop_reason }))).toMatchObject({ kind: 'ask_again', reason: 'unfinished' });
    },
  );

  test.each([null, undefined])('a message whose stop reason is %s is not finished', (stop_reason) => {
    expect(read(succeeded(good, { stop_reason }))).toMatchObject({ kind: 'ask_again', reason: 'unfinished' });
  });

  test('a refusal without any text is a refusal', () => {
    expect(read(succeeded('', { stop_reason: 'refusal', content: [] }))).toMatchObject({
      kind: 'failed',
      reason: 'refusal',
    });
  });
});

describe('the text of an answer', () => {
  test('thinking that comes first is not part of it, also when it holds JSON', () => {
    const thinking = { type: 'thinking', thinking: '{"no":', text: '{"no":', signature: 'x' };
    expect(
      read(
        succeeded('', { content: [thinking, { type: 'redacted_thinking', data: 'x' }, { type: 'text', text: good }] }),
      ),
    ).toMatchObject({ kind: 'stored' });
  });

  test('several text blocks are one text', () => {
    const content = [good.slice(0, 30), good.slice(30)].map((text) => ({ type: 'text', text }));
    expect(read(succeeded('', { content }))).toMatchObject({ kind: 'stored' });
  });

  test.each([
    ['code fences', `\`\`\`json\n${good}\n\`\`\``],
    ['words before and after', `Here is the section:\n\n${good}\n\nI hope it helps.`],
    ['blanks and line breaks', `\n  ${good}\n\n`],
    ['a comma too many', good.replace(/\}$/, ',}')],
    ['single quotes', good.replaceAll('"', "'")],
    ['brackets that were not closed', good.slice(0, -3)],
    ['a line break inside a text', good.replace('clause 0', 'clause\n0')],
    ['pretty printing', JSON.stringify(JSON.parse(good), null, 2)],
  ])('%s do not spoil it', (_, text) => {
    expect(readText(text, shown)).toMatchObject({ kind: 'stored', report: { title: 'Trams' } });
  });

  test.each(['', ' ', 'I cannot do that.', '{', '}', '}{', '[]', '"text"', 'null', '5'])(
    '%j is not JSON of an answer, and is asked again',
    (text) => {
      expect(readText(text, shown)).toMatchObject({
        kind: 'ask_again',
        reason: expect.stringMatching(/^(not_json|wrong_shape)$/),
      });
    },
  );

  test('an empty answer that the model says it finished is asked again', () => {
    expect(read(succeeded('', { content: [] }))).toMatchObject({
      kind: 'ask_again',
      reason: 'not_json',
      tokens: TOKENS,
    });
  });
});

describe('a good answer among other things', () => {
  const draft = JSON.stringify({ ...report([1]), title: 'Draft' });
  const unshown = JSON.stringify(report([0], [1], [2], [3], [9]));
  const padded = JSON.stringify({ id: 'x', meta: { note: 'a {b' }, ...report([0, 1], [3]) });

  test.each([
    ['a small object before it', `{"note": "ready"}\n${good}`],
    ['a small object after it', `${good}\n{"done": true}`],
    ['an example in a fence', `The form is:\n\`\`\`json\n{"id": "…", "paragraphs": []}\n\`\`\`\nNow:\n${good}`],
    ['a smaller report as an example', `For example ${draft}. And now:\n\`\`\`\n${good}\n\`\`\``],
    ['a list around it', `[${good}]`],
    ['a key around it', `{"report": ${good}}`],
    ['a key around it, among others', `{"ok": true, "list": [1], "report": ${good}, "notes": "none"}`],
    ['a key around it, in prose', `Here: {"report": ${good}}. Done.`],
    ['a text around it', JSON.stringify(good)],
    ['a text under a key', JSON.stringify({ answer: good })],
    ['thinking before it', `<think>I write {"id": 1} first.</think>${good}`],
    ['thinking that holds a longer draft', `<thinking>${padded.replace('Trams', 'Draft')}</thinking>\n${good}`],
    ['thinking that is not closed', `<think>Let me see. ${good}`],
    ['prose with an open brace', `A set is written {a, b. ${good}`],
    ['prose with an open brace after it', `${good}\nA set is written {a, b.`],
    ['prose with open brace and quote', `He said "no {maybe. ${good} So be it.`],
    ['an open brace before an object with others in it', `{ ${padded}`],
    ['a report that cites what was not shown', `${unshown}\n${good}`],
    ['sixty small objects', `${'{"a": 1} '.repeat(60)}${good}`],
  ])('%s does not hide it', (_, text) => {
    expect(readText(text, shown)).toEqual({ kind: 'stored', report: report([0, 1], [3]) });
  });

  test('a text that holds </think> in a clause is read as it is', () => {
    const clause = { ...report([0]), title: 'the tag </think>' };
    expect(readText(`${JSON.stringify(clause)} `, shown)).toMatchObject({ kind: 'stored' });
    expect(readText(`Here: ${JSON.stringify(clause)}`, shown)).toMatchObject({ kind: 'stored' });
  });

  test('when the only report cites what was not shown, that is the reason', () => {
    expect(readText(`{"a": 1} ${unshown}`, shown)).toEqual({ kind: 'ask_again', reason: 'unshown_citation' });
  });
});

describe('the shape of an answer', () => {
  const verdict = (value: unknown) => readText(JSON.stringify(value), shown);
  const wrong = { kind: 'ask_again', reason: 'wrong_shape' };

  test('keys that a report does not have are dropped, and missing titles and ids are empty', () => {
    const clauses = [{ text: ' words ', citations: [1], extra: 1 }];
    expect(verdict({ extra: 1, paragraphs: [{ sentences: [{ clauses }] }] })).toEqual({
      kind: 'stored',
      report: {
        id: '',
        title: '',
        paragraphs: [{ id: '', title: '', sentences: [{ clauses: [{ text: 'words', citations: [1] }] }] }],
      },
    });
  });

  test.each([
    ['no paragraphs', { id: 'x', title: 'x' }],
    ['an empty list of paragraphs', { paragraphs: [] }],
    ['a paragraph without sentences', { paragraphs: [{ sentences: [] }] }],
    ['a sentence without clauses', { paragraphs: [{ sentences: [{ clauses: [] }] }] }],
    ['a clause without citations', report([])],
    ['a clause of blanks', { paragraphs: [{ sentences: [{ clauses: [{ text: '  ', citations: [1] }] }] }] }],
    ['prose instead of paragraphs', { paragraphs: 'The people agree.' }],
    ['a negative citation', report([-1])],
    ['half a citation', report([1.5])],
    ['a citation of words', report(['one'])],
    ['a citation of null', report([null])],
  ])('%s is the wrong shape', (_, value) => {
    expect(verdict(value)).toEqual(wrong);
  });

  test('citations in quotes are stored as numbers', () => {
    expect(verdict(report(['0', '03', 2]))).toMatchObject({ report: report([0, 3, 2]) });
  });
});

describe('citations', () => {
  const verdict = (...citations: unknown[][]) => readText(JSON.stringify(report(...citations)), shown);

  test('tid 0 may be cited when it was shown, and not when it was not', () => {
    expect(verdict([0])).toMatchObject({ kind: 'stored' });
    expect(readText(JSON.stringify(report([0])), (tid) => tid === 1)).toEqual({
      kind: 'ask_again',
      reason: 'unshown_citation',
    });
  });

  test('one citation of a comment that was not shown, anywhere, spoils the answer', () => {
    for (const unshown of [4, '4', 999_999_999, 2 ** 53 - 1]) {
      expect(verdict([0], [1, unshown])).toEqual({ kind: 'ask_again', reason: 'unshown_citation' });
    }
  });
});
