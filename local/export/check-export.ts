import { countOf } from '../count-of.ts';
import { type Counts, type CurrentVotes, countsOf, everyVote } from './current-votes.ts';
import type { ExportComment, ExportFiles, ExportParticipant, ExportSign, ExportVote } from './export-files.ts';
import { DOWNLOAD_AGAIN, type ExportPlace, InvalidExport } from './invalid-export.ts';
import { checkAuthors, checkSigns } from './signs.ts';

/**
 * Checks the files of an export against one another. In five real exports all figures that are compared here are equal.
 * Files that were downloaded while people voted differ by a few votes, which is a warning; more is damage.
 * @returns what differs, a line each
 * @throws InvalidExport when the files contradict one another
 */
export function checkExport(files: ExportFiles, current: CurrentVotes): string[] {
  checkSigns(files);
  return [
    ...checkCounts(files, current),
    ...checkCells(files, current),
    ...checkAuthorship(files),
    ...checkTotals(files, current),
    ...checkAuthors(files, current),
    ...checkIds(files),
    ...checkRepeated(files),
  ];
}

/** So many, or this share of all, can differ because people voted between two downloads. */
const FEW = 3;
const tolerated = (total: number): number => Math.max(FEW, 0.01 * total);
/** Of a single comment a larger share can, as it has fewer votes. */
const toleratedOfOne = (total: number): number => Math.max(FEW, 0.2 * total);
/** The math worker, whose totals are in summary.csv, can be some time behind. */
const toleratedInSummary = (total: number): number => Math.max(5, 0.1 * total);
/** Both files hold a vote, and not the same: hardly ever, as nobody has to vote twice. */
const toleratedContradictions = (total: number): number => Math.max(FEW, 0.001 * total);

/** comments.csv counts the rows of votes.csv, changed votes twice; one that counts current votes is taken too. */
function checkCounts({ comments, votes, names }: ExportFiles, current: CurrentVotes): string[] {
  const differences = [countsOf(votes), countsOf(everyVote(current))]
    .map((counts) => differencesOf(comments, counts))
    .reduce((rows, persons) => (sumOf(rows) <= sumOf(persons) ? rows : persons));
  const [worst] = differences.toSorted((a, b) => b.by - a.by);
  if (!worst || worst.by === 0) return [];
  const { comment, found } = worst;
  const total = comments.reduce((sum, { agrees, disagrees }) => sum + agrees + disagrees, 0);
  const difference = sumOf(differences);
  const figures =
    `counts ${countOf(comment.agrees, 'agree')} and ${countOf(comment.disagrees, 'disagree')} of comment ${comment.tid}, ` +
    `but ${names.votes} holds ${found.agrees} and ${found.disagrees}; ` +
    `over all comments the two differ by ${difference.toLocaleString('en')} of ${countOf(total, 'vote')}`;
  const damaged =
    difference > tolerated(total) ||
    differences.some(({ comment, by }) => by > toleratedOfOne(comment.agrees + comment.disagrees));
  if (damaged) throw new InvalidExport(comment.place, `${figures}. A file is incomplete or damaged. ${DOWNLOAD_AGAIN}`);
  return [`${comment.place.file} line ${comment.place.line} ${figures}`];
}

interface Difference {
  comment: ExportComment;
  found: Counts;
  by: number;
}

const differencesOf = (comments: ExportComment[], counts: Map<number, Counts>): Difference[] =>
  comments.map((comment) => {
    const found = counts.get(comment.tid) ?? { agrees: 0, disagrees: 0 };
    const by = Math.abs(comment.agrees - found.agrees) + Math.abs(comment.disagrees - found.disagrees);
    return { comment, found, by };
  });

const sumOf = (differences: Difference[]): number => differences.reduce((sum, { by }) => sum + by, 0);

/** A vote that only one of two files holds, or that they hold differently. */
interface Odd {
  pid: number;
  tid: number;
  place: ExportPlace;
}

/** Compares the cells of participants-votes.csv with votes.csv, vote by vote. */
function checkCells({ participants, columns, votes, names }: ExportFiles, current: CurrentVotes): string[] {
  checkColumns(columns, votes, names);
  const ever = votesEver(votes);
  const byPid = new Map(participants.map((participant) => [participant.pid, participant]));
  const contradicted: Odd[] = [];
  const withoutVote: Odd[] = [];
  const older: Odd[] = [];
  for (const { pid, votes: cells, place } of participants) {
    for (const [tid, vote] of cells) {
      const cast = ever.get(pid)?.get(tid);
      if (cast === undefined) withoutVote.push({ pid, tid, place });
      else if (!cast.has(vote)) contradicted.push({ pid, tid, place });
      else if (current.get(pid)?.get(tid) !== vote) older.push({ pid, tid, place });
    }
  }
  const withoutCell = [...everyVote(current)].flatMap(({ pid, tid }): Odd[] => {
    const participant = byPid.get(pid);
    return participant?.votes.has(tid) ? [] : [{ pid, tid, place: participant?.place ?? { file: names.participants } }];
  });
  const total = [...current.values()].reduce((sum, ofPerson) => sum + ofPerson.size, 0);
  const judge = judgeOf(total);
  return [
    ...judge(contradicted, toleratedContradictions(total), names.votes, 'holds another vote than'),
    ...judge(withoutVote, tolerated(total), names.votes, 'holds a vote that is missing in'),
    ...judge(withoutCell, tolerated(total), names.votes, 'lacks a vote that is in'),
    // a newer server writes any of the votes of a person who changed it
    ...judge(older, Number.POSITIVE_INFINITY, names.votes, 'holds an earlier vote than the last one in'),
  ];
}

const judgeOf =
  (total: number) =>
  (odd: Odd[], most: number, other: string, what: string): string[] => {
    const [first] = odd;
    if (first === undefined) return [];
    const { pid, tid, place } = first;
    const figures =
      `${what} ${other}: of participant ${pid} on comment ${tid}` +
      ` (${odd.length.toLocaleString('en')} of ${countOf(total, 'vote')} in all)`;
    if (odd.length > most) {
      throw new InvalidExport(place, `${figures}. One of the two files is incomplete or damaged. ${DOWNLOAD_AGAIN}`);
    }
    return [`${place.file}${place.line === undefined ? '' : ` line ${place.line}`} ${figures}`];
  };

/** Every value that a participant ever voted on a comment. */
function votesEver(votes: ExportVote[]): Map<number, Map<number, Set<ExportSign>>> {
  const ever = new Map<number, Map<number, Set<ExportSign>>>();
  for (const { pid, tid, vote } of votes) {
    const ofPerson = ever.get(pid) ?? new Map<number, Set<ExportSign>>();
    ever.set(pid, ofPerson.set(tid, (ofPerson.get(tid) ?? new Set()).add(vote)));
  }
  return ever;
}

function checkColumns(columns: Set<number>, votes: ExportVote[], names: ExportFiles['names']): void {
  const without = votes.find(({ tid }) => !columns.has(tid));
  if (without === undefined) return;
  throw new InvalidExport(
    { file: names.participants, line: 1, column: String(without.tid) },
    `is missing, but ${names.votes} holds votes on comment ${without.tid}. ${DOWNLOAD_AGAIN}`,
  );
}

/** Compares who wrote how many comments. */
function checkAuthorship({ participants, comments, names }: ExportFiles): string[] {
  const written = Map.groupBy(comments, ({ pid }) => pid);
  const differences = participants.flatMap((participant) => {
    const found = written.get(participant.pid)?.length ?? 0;
    const by = Math.abs((participant.comments ?? found) - found);
    return by === 0 ? [] : [{ participant, found, by }];
  });
  const [first] = differences;
  if (first === undefined) return [];
  const total = differences.reduce((sum, { by }) => sum + by, 0);
  const { participant, found } = first;
  const figures =
    `says that participant ${participant.pid} wrote ${countOf(participant.comments ?? 0, 'comment')}, ` +
    `but ${names.comments} holds ${found}; over all participants the two differ by ${countOf(total, 'comment')}`;
  if (total > tolerated(comments.length)) {
    throw new InvalidExport(
      { ...participant.place, column: 'n-comments' },
      `${figures}. One of the two files is incomplete or damaged. ${DOWNLOAD_AGAIN}`,
    );
  }
  return [`${participant.place.file} line ${participant.place.line} ${figures}`];
}

/** Compares the totals of summary.csv with what the other files hold. */
function checkTotals({ summary, comments, participants, votes, names }: ExportFiles, current: CurrentVotes): string[] {
  const voted = new Set(votes.map(({ tid }) => tid)).size;
  // the math worker does not know of comments that nobody has voted on
  const commentsFound = summary.comments === voted ? voted : comments.length;
  const groups = groupsIn(participants).size;
  const commenters = new Set(comments.map(({ pid }) => pid)).size;
  return [
    ...checkTotal('voters', summary.voters, current.size, names.votes, names),
    ...checkTotal('voters', summary.voters, participants.length, names.participants, names),
    ...checkTotal('comments', summary.comments, commentsFound, names.comments, names),
    ...checkTotal('commenters', summary.commenters, commenters, names.comments, names),
    ...checkTotal('groups', summary.groups, groups, names.participants, names),
  ];
}

function checkTotal(
  key: string,
  said: number | undefined,
  found: number,
  file: string,
  { summary }: ExportFiles['names'],
): string[] {
  if (said === undefined || said === found) return [];
  const figures = `says ${said.toLocaleString('en')} ${key}, but ${file} holds ${found.toLocaleString('en')}`;
  if (Math.abs(said - found) > toleratedInSummary(Math.max(said, found))) {
    throw new InvalidExport(
      { file: summary, column: key },
      `${figures}. One of the two files is incomplete or damaged, or of another conversation. ${DOWNLOAD_AGAIN}`,
    );
  }
  return [`${summary} ${figures}`];
}

/** The opinion groups that participants are in. */
export const groupsIn = (participants: ExportParticipant[]): Set<number> =>
  new Set(participants.flatMap(({ gid }) => (gid === undefined ? [] : [gid])));

/** Polis numbers comments from 0 without gaps, and removes none. */
function checkIds({ comments, names }: ExportFiles): string[] {
  const ids = new Set(comments.map(({ tid }) => tid));
  const last = comments.at(-1)?.tid ?? 0;
  const missing = last + 1 - ids.size;
  if (missing === 0) return [];
  // ids are in order, so the first gap is where an id is not its own place in the list
  const first = comments.findIndex(({ tid }, index) => tid !== index);
  return [
    `${names.comments} lacks ${countOf(missing, 'comment')} of those up to ${last}, the first is ${first}: it may be incomplete`,
  ];
}

/** Repeated rows change no current vote; many of them show that the file was put together by hand. */
function checkRepeated({ votes, names }: ExportFiles): string[] {
  const different = new Set(votes.map(({ timestamp, pid, tid, vote }) => `${timestamp} ${pid} ${tid} ${vote}`)).size;
  const repeated = votes.length - different;
  if (repeated <= tolerated(votes.length)) return [];
  return [`${names.votes} repeats ${countOf(repeated, 'row')} of ${votes.length.toLocaleString('en')}`];
}
