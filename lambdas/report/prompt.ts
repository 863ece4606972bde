import type { TalliedComment } from './comments.ts';
import type { OpinionGroup } from './opinion-groups.ts';
import { type PlannedSection, SECTION_KINDS } from './sections.ts';
import { REPORT_JSON_SCHEMA } from './shape.ts';
import { SYSTEM_PROMPT } from './system-prompt.ts';
import type { Tally } from './votes.ts';

/** What every prompt of a job says of the conversation. */
export interface PromptContext {
  conversationTopic: string;
  groups: readonly Pick<OpinionGroup, 'gid' | 'label' | 'pids'>[];
}

const letterOf = (gid: number): string => (gid < 26 ? String.fromCharCode(65 + gid) : String(gid + 1));

/** The part of a prompt that differs from section to section: task, groups, table. */
export function sectionPrompt(section: PlannedSection, context: PromptContext): string {
  const letters = context.groups.map((group) => letterOf(group.gid));
  const groupLines = context.groups.map(
    (group, index) => `${letters[index]} = ${asData(group.label)} (${group.pids.length} participants)`,
  );
  return [
    `Conversation: ${asData(context.conversationTopic) || '(untitled)'}`,
    `Section: ${asData(section.title)}`,
    SECTION_KINDS[section.kind].task,
    `Opinion groups, by their letter in the table:\n${groupLines.join('\n')}`,
    commentTable(section.comments, letters),
  ].join('\n\n');
}

/**
 * Makes any text safe to put into a prompt as data: one line, no control characters, and no `<` or `>` that could close
 * the fence around it. Every character is replaced by one character, so the length stays.
 */
export const asData = (text: string): string =>
  text
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is being removed
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')
    .replaceAll('<', '‹')
    .replaceAll('>', '›');

const cell = ({ votes, agrees, disagrees, passes }: Tally): string => `${votes} ${agrees} ${disagrees} ${passes}`;

const line = ({ tid, txt, all, groups }: TalliedComment): string =>
  [tid, cell(all), ...groups.map(cell), asData(txt)].join('|');

/**
 * The table of comments: one line each, `id|all|group …|text`, each counting cell `votes agrees disagrees passes`.
 * @param letters the groups' short names, in the order of the tallies
 */
export function commentTable(comments: readonly TalliedComment[], letters: readonly string[]): string {
  const groups = letters.map((letter) => `${letter}: votes agrees disagrees passes`);
  const columns = ['id', 'all: votes agrees disagrees passes', ...groups, 'text'].join(' | ');
  return [`<comments columns="${columns}">`, ...comments.map(line), '</comments>'].join('\n');
}

/** Thinking and text together; 8,000 proved necessary with current models. */
export const FIRST_MAX_TOKENS = 8_000;
const TOKENS_LIMIT = 32_000;

/** Room for an answer that was cut off: twice as much, up to 32,000. */
export const moreTokens = (maxTokens: number): number => Math.min(maxTokens * 2, TOKENS_LIMIT);

/** One request of a batch. */
export interface BatchRequest {
  custom_id: string;
  params: {
    model: string;
    max_tokens: number;
    system: { type: 'text'; text: string; cache_control: { type: 'ephemeral'; ttl: '1h' } }[];
    messages: { role: 'user'; content: string }[];
    output_config: { format: { type: 'json_schema'; schema: typeof REPORT_JSON_SCHEMA } };
  };
}

/** The request for one section. @param system the job's fixed part, as its plan keeps it */
export function batchRequest(input: {
  customId: string;
  model: string;
  maxTokens: number;
  prompt: string;
  system?: string;
}): BatchRequest {
  return {
    custom_id: input.customId,
    params: {
      model: input.model,
      max_tokens: input.maxTokens,
      system: [{ type: 'text', text: input.system ?? SYSTEM_PROMPT, cache_control: { type: 'ephemeral', ttl: '1h' } }],
      messages: [{ role: 'user', content: input.prompt }],
      output_config: { format: { type: 'json_schema', schema: REPORT_JSON_SCHEMA } },
    },
  };
}
