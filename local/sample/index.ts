import type { ConversationData } from '../conversation.ts';
import { deriveMath } from '../math/derive-math.ts';
import { commentRows, type PlacedComment, placedComments } from './comments.ts';
import { samplePeople } from './people.ts';
import { clusterAssignmentRows, keywordRows, topicNameRows } from './topic-rows.ts';
import { castVotes, currentVotes } from './votes.ts';

/** The ids under which the sample is loaded. */
export const SAMPLE = {
  report_id: 'r7xk2mq9harwby4t3nze6',
  rid: 913,
  zid: 41873,
  report_name: 'Marrowby harbour front, spring survey',
  math_env: 'prod',
} as const;

const TOPIC = 'What should Marrowby do with its harbour front, now that the ferry has gone?';

const DESCRIPTION = `Two winters ago the car ferry to Inkel made its last crossing. It leaves us an empty terminal, 1.1 hectares of tarmac \
where the queue used to stand (the "apron"), and 3.4 million of settlement money, meant for the harbour front and \
nothing else.

The county wants to know by September what the town intends. Brackwater Leisure has offered to buy the terminal for a \
hotel. Other ideas are on the table as well, from a market hall to homes to leaving it all to the boats.

Tell us what you think in your own words, one thought at a time, and vote on what your neighbours wrote. You need not \
answer everything. Names are never shown.`;

/**
 * The project's own sample: an invented town of 4,800 people asks itself what to do with its harbour front.
 * Nothing in it is drawn from a clock or from chance: every call gives the same rows.
 */
export function sampleConversation(): ConversationData {
  const people = samplePeople();
  const placed = placedComments(people);
  const comments = commentRows(placed);
  const votes = castVotes(people, placed);
  const current = currentVotes(votes);
  const conversationId = String(SAMPLE.zid);
  const answered = Map.groupBy(current, ({ pid }) => pid);
  const lastVoteTimestamp = votes.at(-1)?.created ?? 0;
  return {
    conversation: { zid: SAMPLE.zid, topic: TOPIC, description: DESCRIPTION, participant_count: people.length },
    report: { rid: SAMPLE.rid, report_id: SAMPLE.report_id, report_name: SAMPLE.report_name },
    comments,
    selections: selections(placed),
    participants: people.map(({ pid }) => ({ pid, vote_count: answered.get(pid)?.length ?? 0 })),
    votes,
    math: {
      math_env: SAMPLE.math_env,
      last_vote_timestamp: lastVoteTimestamp,
      data: deriveMath({
        tids: comments.map(({ tid }) => tid),
        votes: current.map(({ pid, tid, vote }) => ({ pid, tid, vote })),
        groupOfPid: new Map(people.flatMap(({ pid, gid }) => (gid === undefined ? [] : [[pid, gid] as const]))),
        modOut: comments.filter(({ mod }) => mod === -1).map(({ tid }) => tid),
        modIn: comments.filter(({ mod }) => mod === 1).map(({ tid }) => tid),
        metaTids: comments.filter(({ is_meta }) => is_meta).map(({ tid }) => tid),
        lastVoteTimestamp,
      }),
    },
    topicNames: topicNameRows(conversationId),
    clusterAssignments: clusterAssignmentRows(conversationId, placed),
    keywords: keywordRows(conversationId, placed),
  };
}

function selections(placed: readonly PlacedComment[]): ConversationData['selections'] {
  return placed.flatMap(({ tid, statement: { selection } }) => (selection === undefined ? [] : [{ tid, selection }]));
}
