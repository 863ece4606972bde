import { postgresVoteFromExport } from '../../lambdas/report/votes.ts';
import { InvalidSetting } from '../../lambdas/shared/errors.ts';
import type { CommentRow, ConversationData, VoteRow } from '../conversation.ts';
import { deriveMath } from '../math/derive-math.ts';
import { checkExport, groupsIn } from './check-export.ts';
import { type CurrentVotes, currentVotes, everyVote } from './current-votes.ts';
import { derivationOf } from './derivation.ts';
import { type ExportComment, type ExportFiles, type ExportVote, readExportFiles } from './export-files.ts';
import { stableReportId, stableZid } from './identity.ts';
import { InvalidExport } from './invalid-export.ts';

/** `reports.mod_level`: a report shows the comments whose `mod` is greater. */
const MOD_LEVEL = { withoutRejected: -1, all: -2 } as const;

/** A conversation read from an export, and what a reader of its report has to know about that. */
export interface ExportedConversation extends ConversationData {
  derivation: string[];
  warnings: string[];
}

/**
 * Reads a Polis export, a folder or a zip file, as a whole conversation. What an export does not hold is derived, as
 * `derivation` says; what is suspicious in it is in `warnings`. The same export always gives the same data.
 * @param allComments whether the report shows comments that moderators rejected
 * @throws InvalidExport when a file or column is missing, a value is wrong, or the files contradict one another
 */
export async function readExport(path: string, { allComments = false } = {}): Promise<ExportedConversation> {
  const files = await readExportFiles(path);
  const current = currentVotes(files.votes);
  const warnings = [...files.warnings, ...checkExport(files, current)];
  const modLevel = allComments ? MOD_LEVEL.all : MOD_LEVEL.withoutRejected;
  const comments = files.comments.map(commentOf);
  const shown = comments.filter(({ mod, is_meta }) => mod > modLevel && !is_meta);
  checkReportable(files, comments, shown);
  const { topic, url, description } = files.summary;
  const zid = stableZid(url, topic);
  const participants = participantsOf(files, current);
  // clustering loads 250 files, which a run on the sample can do without
  const { deriveTopics } = await import('./topics.ts');
  const lastVote = files.votes.at(-1)?.timestamp ?? 0;
  const tidsOf = (member: (row: CommentRow) => boolean) => comments.filter(member).map(({ tid }) => tid);
  const data = deriveMath({
    tids: comments.map(({ tid }) => tid),
    votes: [...everyVote(current)].map(({ vote, ...row }) => ({ ...row, vote: postgresVoteFromExport(vote) })),
    groupOfPid: groupsOf(files),
    modOut: tidsOf(({ mod }) => mod <= modLevel),
    modIn: tidsOf(({ mod }) => mod === 1),
    metaTids: tidsOf(({ is_meta }) => is_meta),
    lastVoteTimestamp: lastVote,
  });
  const { language, code, ...topics } = await deriveTopics(
    zid,
    comments,
    new Set(shown.map(({ tid }) => tid)),
    lastVote,
  );
  if (topics.topicNames.length === 0) {
    throw new InvalidExport(
      { file: files.names.comments, column: 'comment-body' },
      'the comments hold no words to make topics of, and a report needs topics',
    );
  }
  return {
    conversation: { zid, topic, description, participant_count: current.size },
    report: {
      rid: zid,
      report_id: stableReportId(url, topic),
      report_name: [...topic].slice(0, LONGEST_REPORT_NAME).join(''),
      mod_level: modLevel,
    },
    comments,
    selections: [],
    participants,
    votes: files.votes.map(voteOf),
    math: { math_env: 'prod', data, last_vote_timestamp: lastVote },
    ...topics,
    url,
    ...(code ? { language: code } : {}),
    derivation: derivationOf(files, language, allComments),
    warnings,
  };
}

/** As PostgreSQL has it in Polis. */
const LONGEST_REPORT_NAME = 999;

/** Checks what the pipeline needs, as its own advice is for a conversation that goes on. */
function checkReportable({ participants, names }: ExportFiles, comments: CommentRow[], shown: CommentRow[]): void {
  const groups = groupsIn(participants).size;
  if (groups < 2) {
    throw new InvalidExport(
      { file: names.participants, column: 'group-id' },
      `expected people in two opinion groups or more, but it names ${groups}. A report compares groups: if Polis shows them now, download the export again`,
    );
  }
  if (shown.length > 0) return;
  const rejected = comments.filter(({ mod }) => mod === -1).length;
  throw new InvalidSetting(
    `${names.comments} has no comment to report on: of ${comments.length}, moderators rejected ${rejected}, and the others are about the voter (meta). --all-comments includes rejected ones`,
  );
}

function commentOf(row: ExportComment): CommentRow {
  return {
    tid: row.tid,
    pid: row.pid,
    txt: row.txt,
    mod: row.moderated,
    active: true,
    is_meta: row.meta ?? false,
    is_seed: row.seed ?? false,
    created: row.timestamp,
  };
}

const voteOf = ({ pid, tid, vote, timestamp }: ExportVote): VoteRow => ({
  pid,
  tid,
  vote: postgresVoteFromExport(vote),
  created: timestamp,
});

const groupsOf = ({ participants }: ExportFiles): Map<number, number> =>
  new Map(participants.flatMap(({ pid, gid }) => (gid === undefined ? [] : [[pid, gid] as const])));

/** Everybody the export names: listed, voting or writing; their pids may have gaps. */
function participantsOf(files: ExportFiles, current: CurrentVotes): ConversationData['participants'] {
  const everybody = new Set([...files.participants, ...files.comments, ...files.votes].map(({ pid }) => pid));
  return [...everybody].sort((a, b) => a - b).map((pid) => ({ pid, vote_count: current.get(pid)?.size ?? 0 }));
}
