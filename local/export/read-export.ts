import { postgresVoteFromExport } from '../../lambdas/report/votes.ts';
import type { CommentRow, ConversationData, VoteRow } from '../conversation/conversation-data.ts';
import { deriveMath } from '../math/derive-math.ts';
import { checkSign } from './check-sign.ts';
import { type ExportFiles, readExportFiles } from './export-files.ts';
import type { ExportComment, ExportVote } from './export-rows.ts';
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
