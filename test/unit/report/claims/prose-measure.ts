import { readFileSync } from 'node:fs';
import { type Claim, readClaim } from '../../../../lambdas/report/claims/claim.ts';
import type { ClaimGroup } from '../../../../lambdas/report/claims/evidence.ts';
import { type Language, type ProseProblem, proseProblems } from '../../../../lambdas/report/claims/prose.ts';

/** A sentence with the claims of its clauses; `wrong`: it says something else than they do. */
export interface Example {
  groups: ClaimGroup[];
  codes: string[];
  texts: string[];
  wrong: boolean;
  /** the line before contents are put in */
  line: string;
}

const claimOf = (code: string): Claim => {
  const claim = readClaim(code.replace('!', ''));
  if (!claim) throw new Error(`no claim: ${code}`);
  return claim;
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The sentences of a language, each with every content. */
export function examples(name: string): Example[] {
  const all: Example[] = [];
  const contents: Record<string, string[]> = {};
  let groups: ClaimGroup[] = [];
  let content: string[] | undefined;
  for (const line of readFileSync(new URL(`sentences/${name}.txt`, import.meta.url), 'utf8').split('\n')) {
    if (line.startsWith('#') || line.trim() === '') continue;
    if (line.startsWith('> ')) {
      content = contents[line.slice(2)] = [];
      continue;
    }
    if (line.startsWith('@')) {
      groups = line
        .split('@')
        .slice(1)
        .map((each) => ({ letter: each.trim().slice(0, 1), label: each.trim().slice(2), size: 50 }));
      content = undefined;
      continue;
    }
    if (content) {
      content.push(line);
      continue;
    }
    const [, wrong, codes = '', sentence = ''] = /^(x )?([^|]+)\|(.*)$/.exec(line) ?? [];
    const texts = sentence.split(' / ').map((text) => text.trim());
    const example = {
      groups,
      codes: codes.split(' / ').map((code) => code.trim()),
      texts,
      wrong: wrong !== undefined,
      line,
    };
    if (!/\{/.test(sentence)) all.push(example);
    else
      for (let at = 0; at < Math.max(...Object.values(contents).map(({ length }) => length)); at++) {
        const filled = texts.map((text) =>
          text.replace(/\{(\w+)\}/g, (_, key: string) => {
            const list = contents[key.toLowerCase()] as string[];
            const value = list[at % list.length] as string;
            return key === capital(key) ? capital(value) : value;
          }),
        );
        all.push({ ...example, texts: filled });
      }
  }
  return all;
}

export function problems({ groups, codes, texts }: Example, language: Language): (ProseProblem | undefined)[] {
  const clauses = texts.map((text, at) => ({
    text,
    claim: claimOf(codes[at] as string),
    everybody: codes[at]?.includes('!') ?? false,
  }));
  return proseProblems(clauses, groups, language);
}

/** Claims that a sentence written for one claim must fail under: one thing at a time is changed. */
export function otherClaims(code: string): Record<string, string> {
  const kind = code.charAt(0);
  const bare = code.replace('!', '');
  const others: Record<string, string> = {};
  const swap = (text: string) => text.replace(/[ABC]/g, (letter) => ({ A: 'B', B: 'A', C: 'A' })[letter] as string);
  if (/[+-]/.test(bare)) others['stance flipped'] = bare.replace(/[+-]/, (sign) => (sign === '+' ? '-' : '+'));
  const scope = bare.replace(/^.[+-]?!?/, '');
  if (kind === 'D') others['groups swapped'] = bare.replace(/(.*) (.*)>(.*)/, '$1 $3>$2');
  else if (/[ABC]/.test(scope) && scope.trim() !== 'A,B')
    others['group renamed'] = bare.slice(0, bare.length - scope.length) + swap(scope);
  const sign = /[+-]/.exec(bare)?.[0] ?? '+';
  const plain = scope.includes('>') ? '' : scope;
  if (kind === 'N' || kind === 'E') others.strengthened = `M${sign}${plain}`;
  if (kind === 'M') others.strengthened = `F${sign}${plain}`;
  if (kind === 'F') others.weakened = `N${sign}${plain}`;
  if ('MNE'.includes(kind)) {
    others['side taken, uncertain'] = `U${plain}`;
    others['side taken, divided'] = `S${plain}`;
    others['side taken, thin'] = `t${plain}`;
  }
  if ('SU'.includes(kind)) others['no side, claimed'] = `M+${plain}`;
  if (kind === 'U') others['unsure, divided'] = `S${plain}`;
  if (kind !== 'c') others.content = 'c';
  return others;
}
