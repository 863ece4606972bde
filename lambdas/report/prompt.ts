import type { ClaimGroup } from './claims/evidence.ts';
import { strongestClaims } from './claims/prove.ts';
import type { TalliedComment } from './comments.ts';
import { type PlannedSection, SECTION_KINDS } from './sections.ts';
import type { Tally } from './votes.ts';

/** What every prompt of a job says of the conversation. */
export interface PromptContext {
  conversationTopic: string;
  groups: readonly ClaimGroup[];
  /** whether the table says what can be claimed */
  claims: boolean;
}

/** The part of a prompt that differs from section to section: task, groups, table. */
export function sectionPrompt(section: PlannedSection, { conversationTopic, groups, claims }: PromptContext): string {
  const groupLines = groups.map(({ letter, label, size }) => `${letter} = ${asData(label)} (${size} participants)`);
  return [
    `Conversation: ${asData(conversationTopic) || '(untitled)'}`,
    `Section: ${asData(section.title)}`,
    SECTION_KINDS[section.kind].task,
    `Opinion groups, by their letter in the table:\n${groupLines.join('\n')}`,
    commentTable(
      section.comments,
      groups.map(({ letter }) => letter),
      claims,
    ),
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

function line({ tid, txt, all, groups }: TalliedComment, letters: readonly string[], claims: boolean): string {
  const tallies = [all, ...groups];
  const codes = claims ? strongestClaims(tallies, letters) : [];
  const cells = tallies.map((tally, at) => (codes[at] ? `${cell(tally)} ${codes[at]}` : cell(tally)));
  return [tid, ...cells, asData(txt)].join('|');
}

/**
 * The table of comments: one line each, `id|all|group …|text`, each counting cell `votes agrees disagrees passes`, and with claims the
 * codes of the strongest ones that hold.
 * @param letters the groups' short names, in the order of the tallies
 */
export function commentTable(comments: readonly TalliedComment[], letters: readonly string[], claims: boolean): string {
  const counts = `votes agrees disagrees passes${claims ? ' claims' : ''}`;
  const columns = ['id', ...['all', ...letters].map((name) => `${name}: ${counts}`), 'text'].join(' | ');
  const lines = comments.map((comment) => line(comment, letters, claims));
  return [`<comments columns="${columns}">`, ...lines, '</comments>'].join('\n');
}
