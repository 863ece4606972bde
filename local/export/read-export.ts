import { EXPORT_VOTE, postgresVoteFromExport } from '../../lambdas/report/votes.ts';
import { InvalidSetting } from '../../lambdas/shared/errors.ts';
import type { CommentRow, ConversationData, VoteRow } from '../conversation.ts';
import { deriveMath } from '../math/derive-math.ts';
import { type ExportComment, type ExportFiles, type ExportVote, readExportFiles } from './export-files.ts';
import { stableReportId, stableZid } from './identity.ts';
import { deriveTopics } from './topics.ts';

/**
 * Reads a Polis export folder (comments.csv, votes.csv, participants-votes.csv, summary.csv) as a whole conversation.
 * What an export does not hold is derived: see {@link describeDerivation}. The same folder always gives the same data.
 * @throws InvalidSetting when a file or column is missing, a value is wrong, or the sign of the votes is reversed
 */
export async function readExport(dir: string): Promise<ConversationData> {
  const files = await readExportFiles(dir);
  checkSign(files.comments, files.votes);
  const { topic, url, 'conversation-description': description } = files.summary;
  const zid = stableZid(url, topic);
  const comments = files.comments.map(commentOf);
  const votes = files.votes.map(voteOf);
  const current = currentVotes(votes);
  const participants = participantsOf(files, current);
  const lastVote = votes.at(-1)?.created ?? 0;
  const tidsWith = (mod: CommentRow['mod']) => comments.filter((row) => row.mod === mod).map(({ tid }) => tid);
  const data = deriveMath({
    tids: comments.map(({ tid }) => tid),
    votes: current,
    groupOfPid: groupsOf(files),
    modOut: tidsWith(-1),
    modIn: tidsWith(1),
    metaTids: [],
    lastVoteTimestamp: lastVote,
  });
  return {
    conversation: { zid, topic, description, participant_count: participants.length },
    report: { rid: zid, report_id: stableReportId(url, topic), report_name: topic },
    comments,
    selections: [],
    participants,
    votes,
    math: { math_env: 'prod', data, last_vote_timestamp: lastVote },
    ...deriveTopics(zid, comments, lastVote),
  };
}

function commentOf(row: ExportComment): CommentRow {
  return {
    tid: row['comment-id'],
    pid: row['author-id'],
    txt: row['comment-body'],
    mod: row.moderated,
    active: true,
    is_meta: false,
    is_seed: false,
    created: row.timestamp,
  };
}

function voteOf(row: ExportVote): VoteRow {
  return {
    pid: row['voter-id'],
    tid: row['comment-id'],
    vote: postgresVoteFromExport(row.vote),
    created: row.timestamp,
  };
}

/** The last row of each participant on each comment. */
function currentVotes(votes: VoteRow[]): VoteRow[] {
  return [...new Map(votes.map((vote) => [`${vote.pid} ${vote.tid}`, vote])).values()];
}

function groupsOf({ participants }: ExportFiles): Map<number, number> {
  const groups = new Map<number, number>();
  for (const { participant, 'group-id': gid } of participants) {
    if (gid !== undefined) groups.set(participant, gid);
  }
  return groups;
}

/** Everybody the export names: listed, voting or writing; their pids may have gaps. */
function participantsOf(files: ExportFiles, current: VoteRow[]): ConversationData['participants'] {
  const voteCounts = new Map(files.participants.map(({ participant }) => [participant, 0]));
  for (const { 'author-id': pid } of files.comments) voteCounts.set(pid, voteCounts.get(pid) ?? 0);
  for (const { pid } of current) voteCounts.set(pid, (voteCounts.get(pid) ?? 0) + 1);
  return [...voteCounts].sort(([a], [b]) => a - b).map(([pid, vote_count]) => ({ pid, vote_count }));
}

/**
 * Makes sure that votes.csv means by agree what comments.csv counts as agrees. For every comment the lead of agrees
 * over disagrees is taken from both files; when the leads point in opposite directions on the whole (the sum of their
 * products is below zero), one of the files has the sign the other way round.
 * Both files count rows, so in a sound export the leads are equal.
 * @throws InvalidSetting when the signs are opposed: every narrative would say the opposite of what people voted
 */
export function checkSign(comments: ExportComment[], votes: ExportVote[]): void {
  const leadInVotes = new Map<number, number>();
  for (const { 'comment-id': tid, vote } of votes) {
    leadInVotes.set(tid, (leadInVotes.get(tid) ?? 0) + leadOf(vote));
  }
  const accord = comments.reduce(
    (sum, { 'comment-id': tid, agrees, disagrees }) => sum + (agrees - disagrees) * (leadInVotes.get(tid) ?? 0),
    0,
  );
  if (accord >= 0) return;
  throw new InvalidSetting(
    'votes.csv, column "vote", and comments.csv, columns "agrees" and "disagrees", have opposite signs: expected 1 to ' +
      'mean agree in votes.csv. Export the conversation again, or change the sign of every vote if you know it is wrong',
  );
}

function leadOf(vote: ExportVote['vote']): number {
  if (vote === EXPORT_VOTE.agree) return 1;
  return vote === EXPORT_VOTE.disagree ? -1 : 0;
}

/**
 * The plain lines that tell a person what {@link readExport} derived, and how, because the export does not hold it.
 */
export function describeDerivation(): string[] {
  return [
    'Topics are derived from the words of the comments (TF-IDF, latent semantic analysis and k-means; two layers): they are not those of Delphi.',
    'The coarse layer has only topics that join two or more of the fine layer, and is left out when fewer than two would be left.',
    'Rejected comments, and comments without a word that others use too, are in no topic.',
    'Topic names are the strongest words of each topic.',
    'Opinion groups are those of the export; agrees, disagrees and passes of each group are counted from votes.csv, the last vote of a person on a comment counting.',
    'Group-aware consensus is the product over the groups of (agrees + 1) / (votes + 2).',
    'How far a comment divides people comes from a principal component analysis of the votes, missing votes taken as the mean; Polis’ own numbers may differ a little.',
    'In votes.csv 1 is read as agree and -1 as disagree, and comments.csv must agree with that; an export in which both files have it reversed cannot be told apart, so check one comment whose outcome you know.',
    'The conversation number and the report id are made from the address and topic: they are not those of Polis.',
    'The export does not say which comments are inactive, seed or about the voter (meta): none is taken as such.',
  ];
}
