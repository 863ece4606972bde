import { EXPORT_VOTE, postgresVoteFromExport } from '../../lambdas/report/votes.ts';
import { InvalidSetting } from '../../lambdas/shared/errors.ts';
import type { CommentRow, ConversationData, VoteRow } from '../conversation.ts';
import { deriveMath } from '../math/derive-math.ts';
import { type ExportComment, type ExportFiles, type ExportVote, readExportFiles } from './export-files.ts';
import { stableReportId, stableZid } from './identity.ts';

/**
 * Reads a Polis export folder (comments.csv, votes.csv, participants-votes.csv, summary.csv) as a whole conversation.
 * What an export does not hold is derived: see {@link DERIVATION}. The same folder always gives the same data.
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
  // clustering loads 250 files, which a run on the sample can do without
  const { deriveTopics } = await import('./topics.ts');
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
 * Checks that votes.csv and comments.csv mean the same by agree. For every comment the lead of agrees over disagrees is
 * taken from both files. Both files count rows, so in a correct export the leads are equal; when the sum of their
 * products is below zero, one of the files has the sign reversed.
 * @throws InvalidSetting when the signs are opposed: every narrative would say the opposite of what people voted
 */
function checkSign(comments: ExportComment[], votes: ExportVote[]): void {
  const leadInVotes = new Map<number, number>();
  for (const { 'comment-id': tid, vote } of votes) {
    const lead = vote === EXPORT_VOTE.agree ? 1 : vote === EXPORT_VOTE.disagree ? -1 : 0;
    leadInVotes.set(tid, (leadInVotes.get(tid) ?? 0) + lead);
  }
  const agreement = comments.reduce(
    (sum, { 'comment-id': tid, agrees, disagrees }) => sum + (agrees - disagrees) * (leadInVotes.get(tid) ?? 0),
    0,
  );
  if (agreement >= 0) return;
  throw new InvalidSetting(
    'votes.csv, column "vote", and comments.csv, columns "agrees" and "disagrees", have opposite signs: in votes.csv ' +
      '1 must mean agree. Export the conversation again, or reverse the sign of every vote if you know that it is wrong',
  );
}

/** What {@link readExport} derives because an export does not contain it, and how: lines for people to read. */
export const DERIVATION: readonly string[] = [
  'Topics are derived from the words of the comments (TF-IDF, latent semantic analysis and k-means, in two layers). They are not the topics of Delphi.',
  'The coarse layer contains only topics that join two or more topics of the fine layer. With fewer than two such topics there is no coarse layer.',
  'Rejected comments, and comments that share no word with another comment, are in no topic.',
  'Each topic is named after its strongest words.',
  'Opinion groups are those of the export. For each group, agrees, disagrees and passes are counted from votes.csv; when a person voted on a comment more than once, the last vote counts.',
  'Group-aware consensus is the product over the groups of (agrees + 1) / (votes + 2).',
  'How strongly a comment divides people comes from a principal component analysis of the votes, in which a missing vote counts as the mean. Polis’ own numbers may differ slightly.',
  'In votes.csv, 1 is read as agree and -1 as disagree, and the counts in comments.csv must match that. If both files have the sign reversed, this cannot be detected: check one comment whose result you know.',
  'The conversation number and the report id are made from the address and the topic. They are not those of Polis.',
  'The export does not say which comments are inactive, seed comments or about the voter (meta), so no comment is treated as such.',
];
