import type { OpinionGroup } from '../opinion-groups.ts';
import type { PlannedSection, SectionKind } from '../sections.ts';
import { asData, commentTable } from './comment-table.ts';

/** What the reader should learn from a section of each kind. */
const TASKS: Record<SectionKind, string> = {
  topic:
    'The comments below belong to one topic of the conversation. Describe what they say about it, then how the opinion groups differ and agree on them.',
  groups:
    'The comments below are those that divide the participants most, over all topics. Describe what they are about, then what sets the opinion groups apart and, where it holds, what they still share.',
  group_informed_consensus:
    'The comments below are those that every opinion group tends to agree with, over all topics. Describe this common ground, theme by theme. Cite every comment of the table at least once.',
  uncertainty:
    'The comments below are those on which an unusual share of people passed. Describe what people were unsure about, and how those who did take a side voted in each opinion group. Do not guess at reasons beyond what the comments themselves show.',
};

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
    TASKS[section.kind],
    `Opinion groups, by their letter in the table:\n${groupLines.join('\n')}`,
    commentTable(section.comments, letters),
  ].join('\n\n');
}
