import { describe, expect, test } from 'vitest';
import { readClaim } from '../../../lambdas/report/claims/claim.ts';
import { LIES, lieAbout } from '../../../stand-in/lies.ts';
import { type Narrative, readPrompt, writeNarrative } from '../../../stand-in/narrative.ts';
import type { StandIn } from '../../../stand-in/server.ts';
import { RICH, sectionMessage } from '../../support/section-prompt.ts';
import { linesOf, messageIn, params, resultOf, sdk, start, textOf } from '../../support/stand-in.ts';

const objectOf = (properties: Record<string, unknown>) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});
const listOf = (items: unknown) => ({ type: 'array', items });
const text = { type: 'string' };
/** The report's shape, with a claim in each clause or without. */
const reportFormat = (claims: boolean) => {
  const clause = objectOf({ text, citations: listOf({ type: 'integer' }), ...(claims ? { claim: text } : {}) });
  const paragraph = objectOf({ id: text, title: text, sentences: listOf(objectOf({ clauses: listOf(clause) })) });
  const schema = objectOf({ id: text, title: text, paragraphs: listOf(paragraph) });
  return { format: { type: 'json_schema' as const, schema } };
};
const PROMPT = sectionMessage(RICH);
const TRUE = writeNarrative(readPrompt(PROMPT));

interface Message {
  role: 'user' | 'assistant';
  content: string;
}
const user = (content: string): Message => ({ role: 'user', content });
/** The first prompt, the answer to it, and what was wrong with it. */
const again = (answer: string, prompt = PROMPT): Message[] => [
  user(prompt),
  { role: 'assistant', content: answer },
  user('1. "Most participants agree": 12 of 30 agree'),
];
const section = (messages = [user(PROMPT)], claims = true) => ({ messages, output_config: reportFormat(claims) });

const answerTo = async (standIn: StandIn, change: Record<string, unknown>) =>
  textOf(messageIn(await resultOf(standIn, change)));
const narrativeIn = async (standIn: StandIn, change: Record<string, unknown>) =>
  JSON.parse(await answerTo(standIn, change)) as Narrative;

describe('a section', () => {
  test('is answered with claims where the schema has them, and without where it has none', async () => {
    const standIn = await start();
    expect(await narrativeIn(standIn, section())).toEqual(TRUE);
    const clauses = JSON.stringify(await narrativeIn(standIn, section(undefined, false)));
    expect(clauses).toContain('"text"');
    expect(clauses).not.toContain('"claim"');
  });

  test('that is asked again with reasons is answered from its table', async () => {
    const standIn = await start();
    expect(await narrativeIn(standIn, section(again('{"paragraphs": []}')))).toEqual(TRUE);
  });

  test('asked again is billed for the whole conversation, and the prefix is cached only where it is marked', async () => {
    const standIn = await start();
    const prefix = 'a rule. '.repeat(1000);
    const usage = async (change: Record<string, unknown>) => messageIn(await resultOf(standIn, change)).usage;
    const first = await usage({ ...section(), system: [{ type: 'text', text: prefix }] });
    const answer = 'x'.repeat(4000);
    const second = await usage({ ...section(again(answer)), system: [{ type: 'text', text: prefix }] });
    expect(second.input_tokens - first.input_tokens).toBeGreaterThanOrEqual(1000);
    expect([first, second].map((one) => one.cache_creation_input_tokens)).toEqual([0, 0]);
    const marked = await usage({
      ...section(again(answer)),
      system: [{ type: 'text', text: prefix, cache_control: { type: 'ephemeral', ttl: '1h' } }],
    });
    expect(marked.cache_creation_input_tokens).toBe(2000);
    expect(Number(marked.cache_creation_input_tokens) + marked.input_tokens).toBe(second.input_tokens);
  });
});

describe('a scripted lie', () => {
  test.each(LIES)('%s is told once, and not when the section is asked again', async (lie) => {
    const standIn = await start();
    standIn.script.result('*', { kind: 'lie', lie }, Number.POSITIVE_INFINITY);
    const answer = await answerTo(standIn, section());
    expect(JSON.parse(answer)).toEqual(lieAbout(readPrompt(PROMPT), lie).narrative);
    expect(JSON.parse(answer)).not.toEqual(TRUE);
    expect(await narrativeIn(standIn, section(again(answer)))).toEqual(TRUE);
    expect(standIn.lies()).toEqual([{ batch_id: expect.any(String), custom_id: 'one', lie, told: true }]);
    expect(standIn.paidRequests()).toHaveLength(2);
  });

  test('that is stubborn is told each time, of that section only', async () => {
    const standIn = await start();
    standIn.script.result('*', { kind: 'lie', lie: 'stance_flipped', stubborn: true });
    const lied = lieAbout(readPrompt(PROMPT), 'stance_flipped').narrative;
    const other = sectionMessage(RICH.slice(1));
    for (const messages of [[user(PROMPT)], again('{}'), [...again('{}'), ...again('{}').slice(1)]])
      expect(await narrativeIn(standIn, section(messages))).toEqual(lied);
    expect(await narrativeIn(standIn, section(again('{}', other)))).toEqual(writeNarrative(readPrompt(other)));
    standIn.script.clear();
    expect(await narrativeIn(standIn, section(again('{}')))).toEqual(TRUE);
  });

  test('for which a section offers no way leaves the answer true, and says so', async () => {
    const standIn = await start();
    standIn.script.result('*', { kind: 'lie', lie: 'groups_swapped' });
    const few = sectionMessage([
      {
        id: 1,
        groups: [
          [1, 1, 0],
          [1, 0, 0],
        ],
      },
    ]);
    expect(await narrativeIn(standIn, section([user(few)]))).toEqual(writeNarrative(readPrompt(few)));
    expect(standIn.lies()).toMatchObject([{ lie: 'groups_swapped', told: false }]);
  });
});

describe('a stand-in that is started to lie', () => {
  async function answers(standIn: StandIn, messages: Message[], count = 7) {
    const requests = Array.from({ length: count }, (_, at) => ({
      custom_id: `s${at}`,
      params: params(section(messages)),
    }));
    const { id } = await sdk(standIn).messages.batches.create({ requests });
    const results = await linesOf(standIn, id);
    return requests.map(({ custom_id }) => JSON.parse(textOf(messageIn(results.get(custom_id)))) as Narrative);
  }
  const isTrue = (narrative: Narrative) => JSON.stringify(narrative) === JSON.stringify(TRUE);

  test('lies about one section in three of every batch, and takes it back when asked again', async () => {
    const standIn = await start({ lie: { kind: 'text_flipped' } });
    const expected = [false, true, true, false, true, true, false];
    expect((await answers(standIn, [user(PROMPT)])).map(isTrue)).toEqual(expected);
    expect((await answers(standIn, [user(PROMPT)])).map(isTrue)).toEqual(expected);
    expect((await answers(standIn, again('{}'))).every(isTrue)).toBe(true);
    expect(new Set(standIn.lies().map(({ lie }) => lie))).toEqual(new Set(['text_flipped']));
  });

  test('without a kind it tells another lie in each section', async () => {
    const standIn = await start({ lie: {} });
    await answers(standIn, [user(PROMPT)], 3 * LIES.length);
    expect(standIn.lies().map(({ lie }) => lie)).toEqual(LIES);
    expect(standIn.lies().every(({ told }) => told)).toBe(true);
  });

  test('and is stubborn, does not take it back', async () => {
    const standIn = await start({ lie: { kind: 'text_flipped', stubborn: true } });
    expect((await answers(standIn, again('{}'), 2)).some(isTrue)).toBe(false);
  });
});

describe('a read-back', () => {
  const clauses = TRUE.paragraphs.flatMap(({ sentences }) => sentences.flatMap((sentence) => sentence.clauses));
  const lines = clauses.map((clause, at) => `${at + 1}. ${clause.text}`).join('\n');
  const groups = ['A', 'B', 'C'].map((letter) => `${letter} = Group ${letter}`).join('\n');
  const readBack = (list: string) => ({
    system: 'You read sentences.',
    messages: [user(`Read back\n\nOpinion groups:\n${groups}\n\n${list}`)],
    output_config: { format: { type: 'json_schema' as const, schema: objectOf({ claims: listOf(text) }) } },
  });
  const codesOf = async (standIn: StandIn, list: string) =>
    (JSON.parse(await answerTo(standIn, readBack(list))) as { claims: string[] }).claims;

  test('finds in every clause what it claims', async () => {
    expect(await codesOf(await start(), lines)).toEqual(clauses.map(({ claim }) => claim));
  });

  test('takes a sentence that the stand-in does not write for one that claims nothing', async () => {
    const list = '1. Trams are 2. to none.\n2. Most people in Group Q agree with this statement.\n3. ';
    expect(await codesOf(await start(), list)).toEqual(['c', 'c', 'c']);
  });

  test('can be scripted to misread the first clause; lies leave it alone', async () => {
    const standIn = await start({ lie: {} });
    standIn.script.result('*', { kind: 'lie', lie: 'no_claim' }).result('*', { kind: 'misread' }, 20);
    expect(await narrativeIn(standIn, section())).not.toEqual(TRUE);
    for (const at of [0, 1, 5, 8, clauses.length - 1]) {
      const claim = clauses[at]?.claim ?? '';
      const [first, second] = await codesOf(standIn, `1. ${clauses[at]?.text}\n2. ${clauses[0]?.text}`);
      expect(readClaim(first)).toBeDefined();
      expect([first, second]).not.toEqual([claim, 'c']);
      expect(second).toBe('c');
    }
  });

  test('can be cut off and broken like any answer', async () => {
    const standIn = await start();
    standIn.script.result('*', { kind: 'fenced_json' }).result('*', { kind: 'max_tokens' });
    expect(await answerTo(standIn, readBack(lines))).toMatch(/^```json\n\{"claims"/);
    expect(messageIn(await resultOf(standIn, readBack(lines))).stop_reason).toBe('max_tokens');
  });
});
