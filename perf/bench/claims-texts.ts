import type { Claim, ClaimKind, Stance } from '../../lambdas/report/claims/claim.ts';
import type { ClaimGroup } from '../../lambdas/report/claims/evidence.ts';
import { between, type Random } from '../../stand-in/random.ts';
import texts from '../data/claim-texts.json' with { type: 'json' };
import { type CountsByScope, countsOf } from './claims-oracle.ts';
import type { Statement } from './claims-true.ts';

/** Ways to make a text say something else than its claim; claim and votes stay true. */
export const TEXT_MUTANTS = {
  renamed: 'another group named',
  widened: 'group left out',
  narrowed: 'a group named where all are meant',
  turned: 'comparison turned round',
  flipped: 'the other stance',
  negated: '"not" put in',
  stronger: 'a stronger sentence',
  stronger_word: 'a stronger word',
  content: 'content that takes a stand',
} as const;
export type TextMutant = keyof typeof TEXT_MUTANTS;

/** The text of a clause, and the template that it was made from. */
export interface Text {
  template: string;
  text: string;
  /** its topic holds words such as "oppose", "all", "no" */
  loaded: boolean;
}

/** What a template is filled with. */
interface Filling {
  stance: Stance;
  groups: readonly string[] | undefined;
  than: readonly string[];
}

/** Writes texts for claims in one conversation. Templates of a kind are taken in turns, topics and names at random. */
export class Writer {
  private turns = new Map<string, number>();
  private readonly groups: readonly ClaimGroup[];
  private readonly random: Random;

  /** @param groups with the labels that the texts use */
  constructor(groups: readonly ClaimGroup[], random: Random) {
    this.groups = groups;
    this.random = random;
  }

  /** A text that says what a claim says. */
  truth(claim: Claim): Text {
    return this.fill(this.next(claim.kind, texts.templates[claim.kind]), fillingOf(claim));
  }

  /** A text that says something else; undefined where there is no such change. @param votes of the cited comments */
  lie(kind: TextMutant, { claim, tids }: Statement, votes: CountsByScope): Text | undefined {
    const filling = fillingOf(claim);
    const template = this.next(`${kind} ${claim.kind}`, texts.templates[claim.kind]);
    const edited = (edits: string[][] | undefined) => {
      const own = inStance(template, filling.stance);
      const changed = edit(own, edits ?? []);
      return changed === own ? undefined : this.fill(changed, filling);
    };
    switch (kind) {
      case 'renamed': {
        const groups = otherGroups(filling.groups, [...(filling.groups ?? []), ...filling.than], this.groups);
        return groups && this.fill(template, { ...filling, groups });
      }
      case 'widened':
        return filling.groups && claim.kind !== 'difference'
          ? this.fill(template, { ...filling, groups: undefined })
          : undefined;
      case 'narrowed':
        return 'groups' in claim || claim.kind === 'consensus' || claim.kind === 'content'
          ? undefined
          : this.fill(template, { ...filling, groups: [this.pick(this.groups).letter] });
      case 'turned':
        return claim.kind === 'difference'
          ? this.fill(template, { ...filling, groups: filling.than, than: filling.groups ?? [] })
          : undefined;
      case 'flipped':
        return 'stance' in claim ? this.fill(template, { ...filling, stance: opposite(claim.stance) }) : undefined;
      case 'negated':
        return 'stance' in claim && claim.stance === 'agree' ? edited(texts.edits.negated) : undefined;
      case 'stronger_word':
        return isEverybody(claim, tids, votes)
          ? undefined
          : edited((texts.edits as Record<string, string[][]>)[claim.kind]);
      case 'stronger': {
        const stronger = isEverybody(claim, tids, votes) ? undefined : STRONGER[claim.kind];
        return stronger && this.fill(this.next(`${kind} ${claim.kind}`, stronger), filling);
      }
      case 'content':
        return claim.kind === 'content' ? undefined : this.fill(template, filling);
    }
  }

  private next(of: string, templates: readonly string[]): string {
    const turn = this.turns.get(of) ?? 0;
    this.turns.set(of, turn + 1);
    return templates[turn % templates.length] as string;
  }

  private pick<T>(list: readonly T[]): T {
    return list[between(this.random, 0, list.length - 1)] as T;
  }

  private fill(template: string, { stance, groups, than }: Filling): Text {
    const loaded = this.random() < 0.5;
    const topics = texts.topics[loaded ? 'loaded' : 'plain'];
    const [g, h] = [groups && this.names(groups), this.names(than)];
    const who = g ? this.pick(texts.who.group).replace('{name}', g) : this.pick(texts.who.everybody);
    const values: Record<string, string> = {
      who,
      in: g ? ` in ${g}` : '',
      at: g ? `in ${g}, ` : '',
      'at:g': `in ${g} `,
      g: g ?? '',
      h,
      every: listed(this.groups.map(({ letter }) => this.name(letter))),
    };
    const text = inStance(template, stance).replace(/\{([a-z:]+)\}/g, (_, slot: string) =>
      slot === 'thing' || slot === 'statement' ? this.pick(topics[slot]) : (values[slot] ?? ''),
    );
    return { template, text: `${text.charAt(0).toUpperCase()}${text.slice(1)}`, loaded };
  }

  private names(letters: readonly string[]): string {
    const own = letters.map((letter) => this.name(letter));
    const short = own.map((name) => name.replace(/^Group /, ''));
    // "Groups A and B", or "Group A and Group B"
    return own.length > 1 && own.every((name) => name.startsWith('Group ')) && this.random() < 0.5
      ? `Groups ${listed(short)}`
      : listed(own);
  }

  private name(letter: string): string {
    const label = this.groups.find((group) => group.letter === letter)?.label ?? `Group ${letter}`;
    return label === `Group ${letter}` ? label : this.pick([`the ${label} group`, `the "${label}" group`, label]);
  }
}

/** The sentences of kinds that say more than a kind does. */
const STRONGER: Partial<Record<ClaimKind, string[]>> = {
  minority: texts.templates.majority,
  majority: texts.templates.near_unanimous,
  near_unanimous: texts.stronger.unanimous,
  consensus: texts.stronger.everywhere,
  difference: texts.stronger.opposed,
  divided: texts.templates.majority,
  uncertain: texts.stronger.passed,
  thin: texts.templates.majority,
};

const opposite = (stance: Stance): Stance => (stance === 'agree' ? 'disagree' : 'agree');
const listed = (names: readonly string[]): string =>
  names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : (names[0] ?? '');

const fillingOf = (claim: Claim): Filling => ({
  stance: 'stance' in claim ? claim.stance : 'agree',
  groups: 'groups' in claim ? claim.groups : undefined,
  than: 'than' in claim ? claim.than : [],
});

/** Every `[for agree|for disagree]` of a template as one of the two. */
const inStance = (template: string, stance: Stance): string =>
  template.replace(/\[([^|\]]*)\|([^\]]*)\]/g, stance === 'agree' ? '$1' : '$2');

/** The first edit that changes a template. */
function edit(template: string, edits: readonly string[][]): string {
  for (const [from = '', to = ''] of edits) {
    const changed = template.replace(new RegExp(from), to);
    if (changed !== template) return changed;
  }
  return template;
}

/** Other groups than these, as many; undefined where there are none. */
function otherGroups(
  groups: readonly string[] | undefined,
  named: readonly string[],
  all: readonly ClaimGroup[],
): string[] | undefined {
  const other = all.find(({ letter }) => !named.includes(letter));
  return groups && other && [other.letter, ...groups.slice(1)];
}

/** Whether every vote that a claim speaks of is on its side, so that "everyone" is no stronger. */
function isEverybody(claim: Claim, tids: readonly number[], votes: CountsByScope): boolean {
  if (!('stance' in claim) || claim.kind === 'difference' || claim.kind === 'consensus') return false;
  const side = claim.stance === 'agree' ? 0 : 1;
  return tids.every((tid) =>
    (claim.groups ?? ['']).every((letter) => {
      const counts = countsOf(votes, tid, letter);
      return counts[side] === counts[0] + counts[1] + counts[2];
    }),
  );
}
