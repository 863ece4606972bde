import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { letterOf } from '../../lambdas/report/claims/claim.ts';
import type { Evidence } from '../../lambdas/report/claims/evidence.ts';
import { shownComments, type TalliedComment, tallyComments } from '../../lambdas/report/comments.ts';
import { type OpinionGroup, parseOpinionMath } from '../../lambdas/report/opinion-groups.ts';
import { POSTGRES_VOTE, tally } from '../../lambdas/report/votes.ts';
import { InvalidSetting } from '../../lambdas/shared/errors.ts';
import type { ConversationData } from '../../local/conversation.ts';
import { readExport } from '../../local/export/read-export.ts';
import { sampleConversation } from '../../local/sample.ts';
import { mulberry32, shuffled } from '../../stand-in/random.ts';
import type { Counts, CountsByScope } from './claims-oracle.ts';
import { storesOf } from './prompts.ts';

/** The votes of one conversation: as the oracle reads them, and as the checker does. */
export interface VotedOn {
  /** of the comments that a report shows */
  tids: number[];
  letters: string[];
  votes: CountsByScope;
  evidence: Evidence;
}

/** A conversation, and what comes out when its votes are counted wrongly. */
export interface Conversation extends VotedOn {
  name: string;
  /** agrees and disagrees exchanged */
  turned: VotedOn;
  /** the ids of base clusters read as those of participants */
  basesAsPids: VotedOn;
  /** participants dealt to groups of the same sizes at random: no true difference is left */
  shuffled: VotedOn[];
}

/**
 * The sample, and the exports in the subfolders of a folder.
 * @throws InvalidSetting when the folder holds no export, or one that cannot be read
 */
export async function readConversations(folder: string | undefined): Promise<[name: string, data: ConversationData][]> {
  const sample: [string, ConversationData] = ['sample', sampleConversation()];
  if (folder === undefined) return [sample];
  const exports = (await readdir(folder, { withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name))
    .sort();
  if (exports.length === 0) {
    const isThere = await stat(folder).catch(() => undefined);
    throw new InvalidSetting(
      `--data ${folder} ${isThere ? 'holds no folders' : 'does not exist'}: name a folder with one folder for each export`,
    );
  }
  const read: [string, ConversationData][] = [];
  for (const path of exports) read.push([basename(path), await readExport(path)]);
  return [sample, ...read];
}

/** Counts the votes of a conversation as a job does, and in each of the wrong ways. @param shuffles how often its groups are shuffled */
export async function countVotes(name: string, data: ConversationData, shuffles: number): Promise<Conversation> {
  const { conversations } = storesOf(data);
  const { zid } = data.conversation;
  const math = parseOpinionMath(await conversations.mathKeys(zid), []);
  const comments = shownComments(await conversations.comments(zid, data.report.rid), {
    mod_level: data.report.mod_level ?? -1,
    include_moderation: true,
    exclude_comment_selections: true,
  }).shown;
  const count = async (groups: OpinionGroup[]): Promise<VotedOn> =>
    votedOn(
      tallyComments(comments, await conversations.groupCounts(zid, groups, POSTGRES_VOTE), { ...math, groups }),
      groups,
    );
  const right = await count(math.groups);
  const members = new Map(data.math.data['group-clusters'].map(({ id, members }) => [id, members]));
  const shuffledOnes: VotedOn[] = [];
  for (let seed = 1; seed <= shuffles; seed++) shuffledOnes.push(await count(dealt(math.groups, seed)));
  return {
    name,
    ...right,
    turned: turned(right),
    basesAsPids: await count(math.groups.map((group) => ({ ...group, pids: members.get(group.gid) ?? [] }))),
    shuffled: shuffledOnes,
  };
}

function votedOn(comments: readonly TalliedComment[], groups: readonly OpinionGroup[]): VotedOn {
  const letters = groups.map(({ gid }) => letterOf(gid));
  return {
    tids: comments.map(({ tid }) => tid),
    letters,
    votes: new Map(
      comments.map(({ tid, all, groups }) => [
        tid,
        new Map(
          [all, ...groups].map(({ agrees, disagrees, passes }, at): [string, Counts] => [
            at === 0 ? '' : (letters[at - 1] as string),
            [agrees, disagrees, passes],
          ]),
        ),
      ]),
    ),
    evidence: {
      groups: groups.map(({ label, pids }, at) => ({ letter: letters[at] as string, label, size: pids.length })),
      votes: new Map(comments.map(({ tid, all, groups }) => [tid, [all, ...groups]])),
    },
  };
}

function turned({ votes, evidence, ...rest }: VotedOn): VotedOn {
  return {
    ...rest,
    votes: new Map(
      [...votes].map(([tid, scopes]) => [tid, new Map([...scopes].map(([letter, [a, d, p]]) => [letter, [d, a, p]]))]),
    ),
    evidence: {
      ...evidence,
      votes: new Map(
        [...evidence.votes].map(([tid, tallies]) => [tid, tallies.map((t) => tally(t.disagrees, t.agrees, t.passes))]),
      ),
    },
  };
}

/** The members of all groups, dealt again to groups of the same sizes. */
function dealt(groups: readonly OpinionGroup[], seed: number): OpinionGroup[] {
  const pids = shuffled(
    mulberry32(seed),
    groups.flatMap(({ pids }) => pids),
  );
  return groups.map((group) => ({ ...group, pids: pids.splice(0, group.pids.length) }));
}
