import { readPrompt, type ShownComment } from './comments-table.ts';
import type { ResultFault } from './faults.ts';
import { type Narrative, writeNarrative } from './narrative.ts';
import type { MessageParams } from './request-rules.ts';

/** The model's text for one request, with the scripted fault applied. Source of the facts: the request's own comments. */
export function answerText(params: MessageParams, fault: ResultFault | undefined): string {
  const prompt = readPrompt(userText(params));
  const narrative = writeNarrative(prompt);
  const text = JSON.stringify(
    inShapeOf(params.output_config?.format?.schema, withForeign(narrative, prompt.comments, fault)),
  );
  switch (fault?.kind) {
    case 'not_json':
      return `Here is what people said. ${proseOf(narrative)}`;
    case 'fenced_json':
      return `\`\`\`json\n${text}\n\`\`\``;
    case 'wrong_shape':
      return JSON.stringify({ heading: narrative.title, body: [proseOf(narrative)] });
    case 'huge_text':
      return JSON.stringify(inflated(narrative, fault.characters));
    case 'empty_content':
      return '';
    default:
      return text;
  }
}

/** The text of the last user message. */
export function userText(params: MessageParams): string {
  const content = params.messages.at(-1)?.content ?? '';
  if (typeof content === 'string') return content;
  return content.map((block) => (typeof block.text === 'string' ? block.text : '')).join('\n');
}

/** Constrained decoding can never emit a property that the schema does not name, and keeps the schema's order. */
function inShapeOf(schema: unknown, value: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return value;
  const { properties, items } = schema as { properties?: Record<string, unknown>; items?: unknown };
  if (Array.isArray(value)) return value.map((item) => inShapeOf(items, item));
  if (typeof value !== 'object' || value === null || properties === undefined) return value;
  const own = value as Record<string, unknown>;
  const kept = Object.keys(properties).filter((name) => name in own);
  return Object.fromEntries(kept.map((name) => [name, inShapeOf(properties[name], own[name])]));
}

function withForeign(narrative: Narrative, comments: ShownComment[], fault: ResultFault | undefined): Narrative {
  if (fault?.kind !== 'foreign_citations') return narrative;
  const largest = comments.reduce((most, { id }) => Math.max(most, id), 0);
  const foreign = fault.ids ?? [largest + 1, largest + 2];
  const clause = { text: 'Another statement points the same way.', citations: foreign };
  const [first = { id: 'overview', title: 'Overview', sentences: [] }, ...others] = narrative.paragraphs;
  return {
    ...narrative,
    paragraphs: [{ ...first, sentences: [...first.sentences, { clauses: [clause] }] }, ...others],
  };
}

/** The narrative with its first clause, or its title when it has none, made that many characters long. */
function inflated(narrative: Narrative, characters: number): Narrative {
  const copy = structuredClone(narrative);
  const clause = copy.paragraphs[0]?.sentences[0]?.clauses[0];
  if (clause === undefined) copy.title = copy.title.padEnd(characters, ' and so on');
  else clause.text = clause.text.padEnd(characters, ' and so on');
  return copy;
}

function proseOf({ paragraphs }: Narrative): string {
  return paragraphs
    .flatMap(({ sentences }) => sentences.flatMap(({ clauses }) => clauses.map(({ text }) => text)))
    .join(' ');
}
