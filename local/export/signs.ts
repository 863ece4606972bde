import { EXPORT_VOTE } from '../../lambdas/report/votes.ts';
import { type Counts, type CurrentVotes, countsOf, everyVote } from './current-votes.ts';
import type { ExportFiles, ExportSign } from './export-files.ts';
import { InvalidExport } from './invalid-export.ts';

interface Source {
  file: string;
  column?: string;
  /** how many more agree than disagree, by comment */
  leads: Map<number, number>;
}

/**
 * Checks that all files mean the same by agree. For every comment the lead of agrees over disagrees is taken from each
 * file; where the sum of the products of two files is below zero, one of the two has the sign reversed.
 * @throws InvalidExport naming the file that disagrees with the others: the report would say the opposite of the votes
 */
export function checkSigns({ comments, votes, participants, groups, names, summary }: ExportFiles): void {
  const cells: CurrentVotes = new Map(participants.map(({ pid, votes }) => [pid, votes]));
  const counted: Source = {
    file: names.comments,
    column: 'agrees',
    leads: new Map(comments.map((comment) => [comment.tid, leadOf(comment)])),
  };
  const others: Source[] = [
    { file: names.votes, column: 'vote', leads: leadsOf(countsOf(votes)) },
    { file: names.participants, leads: leadsOf(countsOf(everyVote(cells))) },
    ...(names.groups === undefined
      ? []
      : [{ file: names.groups, column: 'total-agrees', leads: new Map(groups.map((row) => [row.tid, leadOf(row)])) }]),
  ];
  const sources = [counted, ...others];
  const pair = sources.flatMap((a) => sources.filter((b) => opposed(a, b)).map((b) => [a, b] as const))[0];
  if (pair === undefined) return;
  const against = sources.filter((source) => opposed(source, pair[0]));
  const with_ = sources.filter((source) => !against.includes(source));
  const [odd, rest] = against.length < with_.length ? [against, with_] : [with_, against];
  const { file, column } = odd[0] as Source;
  const declared = summary.declared ? `${names.summary} declares agree=${summary.agree === 1 ? '+1' : '-1'}. ` : '';
  throw new InvalidExport(
    column === undefined ? { file } : { file, column },
    `the signs of the votes are opposite: ${listOf(odd)} ${odd.length === 1 ? 'says' : 'say'} disagree where ${listOf(rest)} ` +
      `${rest.length === 1 ? 'says' : 'say'} agree. ${declared}Download all files of the export again`,
  );
}

const listOf = (sources: Source[]): string => sources.map(({ file }) => file).join(' and ');

const leadOf = ({ agrees, disagrees }: Counts): number => agrees - disagrees;

const leadsOf = (counts: Map<number, Counts>): Map<number, number> =>
  new Map([...counts].map(([tid, ofComment]) => [tid, leadOf(ofComment)]));

function opposed(a: Source, b: Source): boolean {
  let sum = 0;
  for (const [tid, lead] of a.leads) sum += lead * (b.leads.get(tid) ?? 0);
  return sum < 0;
}

/** With fewer, a few people of another mind could look like a reversed sign. */
const FEWEST_AUTHORS = 5;

/**
 * Polis counts authors as agreeing with their own comment, and they hardly ever change that: in five real exports 347
 * authors agree and none disagrees. Where they disagree, the sign is reversed in all files at once, which comparing the
 * files cannot show. People are counted, not comments: organisers write comments that they do not share.
 * @returns a warning when it is unclear
 * @throws InvalidExport when it is clear
 */
export function checkAuthors({ comments, names }: ExportFiles, current: CurrentVotes): string[] {
  const authorsWith = (vote: ExportSign) =>
    new Set(comments.filter(({ pid, tid }) => current.get(pid)?.get(tid) === vote).map(({ pid }) => pid)).size;
  const agree = authorsWith(EXPORT_VOTE.agree);
  const disagree = authorsWith(EXPORT_VOTE.disagree);
  if (disagree < FEWEST_AUTHORS || disagree <= agree) return [];
  const found = `${disagree} authors disagree with comments of their own, and ${agree} agree`;
  if (disagree < 4 * agree) return [`${names.votes}: ${found}. Check one comment whose result you know`];
  throw new InvalidExport(
    { file: names.votes, column: 'vote' },
    `the sign of the votes is reversed in all files: ${found}, but Polis counts authors as agreeing. Download all files of the export again`,
  );
}
