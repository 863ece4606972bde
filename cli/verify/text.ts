import { type CheckedClause, FAILURES } from '../../lambdas/report/claims/check.ts';
import { claimCode } from '../../lambdas/report/claims/claim.ts';
import { provenCount } from '../../lambdas/report/claims/figures.ts';
import { phraseOf } from '../../lambdas/report/claims/phrases.ts';
import type { Figure } from '../../lambdas/report/claims/prove.ts';
import { countOf } from '../../local/count-of.ts';
import { type CheckedSection, figuresOf, holds, type Proof } from './proof.ts';
import type { Difference } from './recount.ts';

/** What a proof is about. */
export interface About {
  reportId: string;
  /** the votes were counted from an export */
  counted: boolean;
  /** what is suspicious in that export */
  warnings: readonly string[];
}

/** A proof in plain words: a summary, then what fails. No text of a comment or a clause is in it. */
export function proofText(proof: Proof, { reportId, counted, warnings }: About): string {
  const { checked, notChecked, noText } = proof;
  const figures = figuresOf(proof);
  const kinds = Object.entries(figures.proven).map(([kind, count]) => `${kind.replace('_', ' ')} ${count}`);
  const rows = [
    `  checked        ${countOf(checked.length, 'section')}, ${countOf(figures.clauses, 'clause')}`,
    `  proven         ${number(provenCount(figures))}${kinds.length > 0 ? ` (${kinds.join(', ')})` : ''}`,
    `  content        ${number(figures.content)}: they only say what comments are about`,
    `  thin           ${number(figures.thin)}: they only say that few voted`,
    `  failed         ${number(figures.failed)}`,
  ];
  return [
    `report ${reportId}: ${countOf(checked.length + notChecked.length + noText.length, 'section')}`,
    ...(checked.length > 0 ? rows : []),
    ...line(
      'unguarded',
      figures.unguarded,
      'there is no word list for their language, so only their claims are checked',
    ),
    ...named('not checked', notChecked, 'they have no claims'),
    ...named('without text', noText, 'they could not be written, or have no comments'),
    counted ? 'The votes are counted anew from the export.' : 'The votes are those that the report itself holds.',
    ...warnings.map((warning) => `Warning: ${warning}`),
    '',
    verdict(proof, counted),
    ...proof.groupsLeftOut.map((letter) => `Group ${letter} is in the export, and the report does not know it`),
    ...proof.differences.map(differenceLine),
    ...checked.flatMap(failureLines),
  ].join('\n');
}

const line = (name: string, count: number, why: string): string[] =>
  count > 0 ? [`  ${name.padEnd(14)} ${number(count)}: ${why}`] : [];
const named = (name: string, sections: readonly string[], why: string): string[] =>
  sections.length > 0 ? [`  ${name.padEnd(14)} ${sections.length}, as ${why}: ${sections.join(', ')}`] : [];

function verdict(proof: Proof, counted: boolean): string {
  if (proof.checked.length === 0)
    return 'Nothing can be proven: no section of this report has claims. It was written by the old pipeline, or with claims turned off.';
  const { failed, clauses } = figuresOf(proof);
  if (holds(proof))
    return `Every claim holds${counted ? ', and every tally of the report is that of the export' : ''}.`;
  return [
    ...(failed > 0 ? [`${number(failed)} of ${countOf(clauses, 'clause')} ${failed === 1 ? 'fails' : 'fail'}.`] : []),
    ...(proof.differences.length > 0
      ? [
          `${number(proof.differences.length)} stored ${proof.differences.length === 1 ? 'tally is' : 'tallies are'} not what the export says.`,
        ]
      : []),
    ...(proof.changed ? [CHANGED[proof.changed]] : []),
    ...(proof.groupsLeftOut.length > 0 ? ['The export has other opinion groups than the report.'] : []),
  ].join(' ');
}

const CHANGED = {
  data: 'The page is not as it was published: its fingerprint is another.',
  page: 'The statements, comments and votes are as they were published, but something else on the page is not: it was edited, cut off, or saved again by a browser.',
};

const number = (count: number): string => count.toLocaleString('en');
const whose = (group: string | null | undefined): string => (group ? `Group ${group}` : 'all participants');

function differenceLine({ section, tid, group, stored, counted }: Difference): string {
  const place = `section ${section}, comment ${tid}, ${whose(group)}`;
  if (!counted) return `${place}: the export has no such ${group ? 'group' : 'comment'}`;
  return `${place}: stored ${stored?.join(' / ') ?? 'nothing'}, counted ${counted.join(' / ')} (agrees / disagrees / passes)`;
}

const failureLines = ({ section, clauses }: CheckedSection): string[] =>
  clauses.flatMap((clause) => (clause.failure ? [failureText(section, clause)] : []));

function failureText(section: string, clause: CheckedClause): string {
  const { paragraph, sentence, clause: at, clauseOf, failure, figures } = clause;
  const { claim, citations } = clauseOf;
  const place = `section ${section}, paragraph ${paragraph + 1}, sentence ${sentence + 1}, clause ${at + 1}`;
  const what = `${claim ? claimCode(claim) : 'no claim'}, cites ${citations.join(', ')}`;
  const because = failure ? FAILURES[failure] : '';
  return [
    `${place} (${what}): ${because}`,
    ...figures.filter((figure) => !figure.holds).map((figure) => `  ${figureText(figure)}`),
  ].join('\n');
}

/** A difference names its two groups itself. */
const figureText = ({ tid, group, than, counted }: Figure): string =>
  `comment ${tid}${than ? '' : `, ${whose(group)}`}: ${phraseOf(counted)}`;
