import type { Claim, Stance } from '../lambdas/report/claims/claim.ts';

/** An opinion group as a prompt names it. */
export interface NamedGroup {
  letter: string;
  label: string;
}

/**
 * How each kind of claim is said, of all participants and of groups. `{agree|disagree}` is one word or the other, by the stance;
 * `{groups}` and `{than}` are lists of names, and `{these}` are the comments cited. None ends with a full stop.
 */
const TEMPLATES: Record<Claim['kind'], { all?: readonly string[]; groups?: readonly string[] }> = {
  content: {
    all: ['The section opens with {these}', 'The section goes on with {these}', 'The section also takes in {these}'],
  },
  majority: {
    all: [
      'Most participants {agree|disagree} with {these}',
      'A majority of participants {supports|rejects} {these}',
      'More than half of the participants {agree|disagree} with {these}',
    ],
    groups: [
      'Most people in {groups} {agree|disagree} with {these}',
      'In {groups}, a majority {supports|rejects} {these}',
      'More than half of the people in {groups} {agree|disagree} with {these}',
    ],
  },
  near_unanimous: {
    all: [
      'Nearly everyone {agrees|disagrees} with {these}',
      'Almost all participants {support|reject} {these}',
      'Almost everyone {supports|rejects} {these}',
    ],
    groups: [
      'Nearly everyone in {groups} {agrees|disagrees} with {these}',
      'In {groups}, almost everyone {supports|rejects} {these}',
    ],
  },
  minority: {
    all: [
      'Only a minority of participants {agrees|disagrees} with {these}',
      'Fewer than half of the participants {support|reject} {these}',
    ],
    groups: [
      'Only a minority in {groups} {agrees|disagrees} with {these}',
      'In {groups}, fewer than half of the people {support|reject} {these}',
    ],
  },
  consensus: {
    all: [
      'Every group {agrees|disagrees} with {these}',
      'All groups {support|reject} {these}',
      'Most people in every group {agree|disagree} with {these}',
    ],
  },
  difference: {
    groups: [
      'People in {groups} {agree|disagree} with {these} more often than people in {than}',
      'The share that {supports|rejects} {these} is larger in {groups} than in {than}',
      'People in {groups} are more likely to {support|reject} {these} than people in {than}',
    ],
  },
  divided: {
    all: ['Participants are divided over {these}', 'Opinions on {these} are split'],
    groups: ['People within {groups} are divided over {these}', 'Within {groups}, opinions on {these} are split'],
  },
  uncertain: {
    all: ['Many participants passed on {these}', 'Many participants are unsure about {these}'],
    groups: ['Many people in {groups} passed on {these}', 'In {groups}, many people are unsure about {these}'],
  },
  thin: {
    all: ['Few participants have voted on {these} so far', 'Too few participants have voted on {these} to say more'],
    groups: [
      'Few people in {groups} have voted on {these} so far',
      'Too few people in {groups} have voted on {these} to say more',
    ],
  },
};

/** Where a clause stands: the only one of its sentence, or the first or second of two. */
export type Position = 'only' | 'first' | 'second';
const SECOND = ['while ', 'but '] as const;
const EACH_STANCE = /\{(\w+)\|(\w+)\}/g;

/**
 * A claim as a clause of a sentence, with its punctuation.
 * @param these what stands for the comments cited, such as "these statements"
 * @param variant picks one of the ways to say it; any whole number from 0
 */
export function textOf(
  claim: Claim,
  groups: readonly NamedGroup[],
  { position, these, variant }: { position: Position; these: string; variant: number },
): string {
  const templates = TEMPLATES[claim.kind][scopeOf(claim)] ?? [];
  const template = templates[variant % templates.length] ?? '';
  const names = (letters: readonly string[] | undefined) => listed((letters ?? []).map((one) => labelOf(one, groups)));
  const values: Record<string, string> = {
    these,
    groups: names('groups' in claim ? claim.groups : undefined),
    than: names('than' in claim ? claim.than : undefined),
  };
  const stance = 'stance' in claim ? claim.stance : 'agree';
  const text = worded(position === 'second' ? startedLower(template) : template, stance).replace(
    /\{(\w+)\}/g,
    (_, name: string) => values[name] ?? '',
  );
  if (position === 'second') return `${SECOND[variant % SECOND.length]}${text}.`;
  return `${text}${position === 'first' ? ',' : '.'}`;
}

const scopeOf = (claim: Claim): 'all' | 'groups' =>
  'groups' in claim && claim.groups && claim.groups.length > 0 ? 'groups' : 'all';

const labelOf = (letter: string, groups: readonly NamedGroup[]): string =>
  groups.find((group) => group.letter === letter)?.label ?? `Group ${letter}`;

const worded = (template: string, stance: Stance): string =>
  template.replace(EACH_STANCE, stance === 'agree' ? '$1' : '$2');

const startedLower = (template: string): string => template.charAt(0).toLowerCase() + template.slice(1);

/** `A`, `A and B`, `A, B and C`. */
const listed = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

/**
 * What a text says, if it is one that `textOf` writes: the template that it follows, and whose names stand in it.
 * @returns undefined for any other text
 */
export function claimIn(text: string, groups: readonly NamedGroup[]): Claim | undefined {
  for (const { pattern, kind, stance } of PATTERNS) {
    const match = pattern.exec(text);
    if (!match) continue;
    const found = match.groups ?? {};
    const letters = found.groups === undefined ? undefined : lettersIn(found.groups, groups);
    const than = found.than === undefined ? undefined : lettersIn(found.than, groups);
    if ((found.groups !== undefined && !letters) || (found.than !== undefined && !than)) continue;
    return {
      kind,
      ...(stance ? { stance } : {}),
      ...(letters ? { groups: letters } : {}),
      ...(than ? { than } : {}),
    } as Claim;
  }
  return undefined;
}

/** The groups whose labels, listed, are the text; a label may hold a comma or an "and" of its own. */
function lettersIn(text: string, groups: readonly NamedGroup[]): string[] | undefined {
  for (const { letter, label } of groups) {
    if (text === label) return [letter];
    for (const separator of [', ', ' and ']) {
      if (!text.startsWith(label + separator)) continue;
      const others = groups.filter((group) => group.letter !== letter);
      const rest = lettersIn(text.slice(label.length + separator.length), others);
      if (rest) return [letter, ...rest];
    }
  }
  return undefined;
}

const THESE = '(?:th(?:is|ese) (?:other |further )?statements?|it|them)';

/** Templates as patterns, one for each stance and place in a sentence. */
const PATTERNS = Object.entries(TEMPLATES).flatMap(([kind, scopes]) =>
  Object.values(scopes)
    .flat()
    .flatMap((template) => {
      const stances: (Stance | undefined)[] = template.includes('|') ? ['agree', 'disagree'] : [undefined];
      return stances.map((stance) => ({ kind: kind as Claim['kind'], stance, pattern: patternOf(template, stance) }));
    }),
);

function patternOf(template: string, stance: Stance | undefined): RegExp {
  const words = stance ? worded(template, stance) : template;
  const first = words.charAt(0);
  const inside = words
    .slice(1)
    .replace('{these}', THESE)
    .replace(/\{(\w+)\}/g, '(?<$1>.+)');
  return new RegExp(`^(?:${SECOND.join('|')})?[${first}${first.toLowerCase()}]${inside}[.,]$`, 's');
}
