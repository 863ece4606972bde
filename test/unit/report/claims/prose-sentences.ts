import { readFileSync } from 'node:fs';
import { type Claim, readClaim } from '../../../../lambdas/report/claims/claim.ts';
import type { ClaimGroup } from '../../../../lambdas/report/claims/evidence.ts';
import { type Language, type ProseProblem, proseProblems } from '../../../../lambdas/report/claims/prose.ts';

/** A sentence with the codes of its clauses' claims. */
export interface Example {
  groups: ClaimGroup[];
  codes: string[];
  texts: string[];
  /** it says something else than its claims */
  wrong: boolean;
}

/** A line of a file before contents are put in: `{that}` stands for one of the contents below `> that`. */
interface Line extends Example {
  contents: Readonly<Record<string, string[]>>;
}

const groupsOf = (line: string): ClaimGroup[] =>
  line
    .split('@')
    .slice(1)
    .map((each) => ({ letter: each.trim().charAt(0), label: each.trim().slice(2), size: 50 }));

function linesOf(name: string): Line[] {
  const lines: Line[] = [];
  const contents: Record<string, string[]> = {};
  let groups: ClaimGroup[] = [];
  let content: string[] | undefined;
  const text = readFileSync(new URL(`sentences/${name}.txt`, import.meta.url), 'utf8');
  for (const line of text.split('\n').filter((each) => each.trim() && !each.startsWith('#'))) {
    if (line.startsWith('> ')) content = contents[line.slice(2)] = [];
    else if (line.startsWith('@')) {
      groups = groupsOf(line);
      content = undefined;
    } else if (content) content.push(line);
    else {
      const [, wrong, codes = '', sentence = ''] = /^(x )?([^|]+)\|(.*)$/.exec(line) ?? [];
      const parts = (all: string) => all.split(' / ').map((part) => part.trim());
      lines.push({ groups, codes: parts(codes), texts: parts(sentence), wrong: wrong !== undefined, contents });
    }
  }
  return lines;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function filled({ contents, ...example }: Line, at: number): Example {
  const fill = (_: string, key: string): string => {
    const list = contents[key.toLowerCase()] ?? [];
    const content = list[at % list.length] ?? '';
    return key === capital(key) ? capital(content) : content;
  };
  return { ...example, texts: example.texts.map((text) => text.replace(/\{(\w+)\}/g, fill)) };
}

/**
 * The sentences of a file in `sentences`.
 * @param most contents that are put into each line
 */
export const examples = (name: string, most = 100): Example[] =>
  linesOf(name).flatMap((line) => {
    const lists = Object.entries(line.contents).filter(([key]) => line.texts.join().toLowerCase().includes(`{${key}}`));
    const ways = Math.min(most, Math.max(1, ...lists.map(([, list]) => list.length)));
    return Array.from({ length: ways }, (_, at) => filled(line, at));
  });

const claimOf = (code: string): Claim => {
  const claim = readClaim(code.replace('!', ''));
  if (!claim) throw new Error(`no claim: ${code}`);
  return claim;
};

/** What the check finds; `!` in a code says that every vote is on the side of the claim. */
export const problems = ({ groups, codes, texts }: Example, language: Language): (ProseProblem | undefined)[] =>
  proseProblems(
    texts.map((text, at) => {
      const code = codes[at] ?? '';
      return { text, claim: claimOf(code), everybody: code.includes('!') };
    }),
    groups,
    language,
  );

const SWAPPED: Readonly<Record<string, string>> = { A: 'B', B: 'A', C: 'A' };

/** Claims that a sentence written for one claim must fail under, by what is changed. */
export function otherClaims(code: string, text: string): Record<string, string> {
  const [, kind = '', sign = '', scope = ''] = /^(.)([+-]?)!?(.*)$/.exec(code) ?? [];
  const others: Record<string, string> = {};
  if (sign) others['stance flipped'] = `${kind}${sign === '+' ? '-' : '+'}${scope}`;
  if (kind === 'D') others['groups swapped'] = code.replace(/(.*) (.*)>(.*)/, '$1 $3>$2');
  else if (/^ [ABC]$/.test(scope))
    others['group renamed'] = kind + sign + scope.replace(/[ABC]/, (each) => SWAPPED[each] ?? '');
  const all = scope.includes('>') ? '' : scope;
  if (kind === 'N' || kind === 'E') others['more than a majority'] = `M${sign}${all}`;
  if (kind === 'M') others['more than a minority'] = `F${sign}${all}`;
  // "some" is less than nearly everyone, and not false
  if (kind === 'F' && !/\bsome\b/i.test(text)) others['fewer than nearly everyone'] = `N${sign}${all}`;
  if ('MNE'.includes(kind)) {
    others['side taken where many are unsure'] = `U${all}`;
    others['side taken where opinion is divided'] = `S${all}`;
    others['side taken where few voted'] = `t${all}`;
  }
  if ('SU'.includes(kind)) others['no side taken under a majority'] = `M+${all}`;
  if (kind === 'U') others['unsure where opinion is divided'] = `S${all}`;
  if (kind !== 'c') others['stand taken under content'] = 'c';
  return others;
}
