import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** An agree of an export is 1, a disagree -1, a pass 0; undefined: this person did not vote on it. */
type Vote = 1 | -1 | 0 | undefined;
interface Person {
  gid: number | undefined;
  /** by comment */
  votes: Vote[];
}

/**
 * 24 people in group A, 16 in group B, 5 in none. A agrees with comment 0 and B does not; everybody agrees with 1; both are
 * split over 2; many pass on 3.
 */
export const PEOPLE: readonly Person[] = [
  ...Array.from({ length: 24 }, (_, at): Person => ({ gid: 0, votes: [at < 22 ? 1 : -1, 1, halves(at), thirds(at)] })),
  ...Array.from({ length: 16 }, (_, at): Person => ({ gid: 1, votes: [at < 14 ? -1 : 0, 1, halves(at), thirds(at)] })),
  ...Array.from({ length: 5 }, (): Person => ({ gid: undefined, votes: [undefined, 1] })),
];

function halves(at: number): Vote {
  return at % 2 === 0 ? 1 : -1;
}
function thirds(at: number): Vote {
  return at % 2 === 0 ? 0 : 1;
}

/** PEOPLE with agree and disagree exchanged in one comment. */
export const turned = (tid: number): Person[] =>
  PEOPLE.map(({ gid, votes }) => ({
    gid,
    votes: votes.map((vote, at) => (at === tid && vote ? opposite(vote) : vote)),
  }));
const opposite = (vote: 1 | -1): Vote => (vote === 1 ? -1 : 1);

/** Writes the files of an export that fit one another. */
export async function writeExport(folder: string, people: readonly Person[] = PEOPLE): Promise<string> {
  const tids = [0, 1, 2, 3];
  const count = (vote: Vote, votes: readonly Vote[]) => votes.filter((each) => each === vote).length;
  const of = (tid: number) => people.map(({ votes }) => votes[tid]);
  const at = (nth: number) => `${1_699_999_900_000 + nth}`;
  const files = {
    'summary.csv': [
      'topic,Harbour',
      'url,https://example.org/harbour',
      `voters,${people.length}`,
      `comments,${tids.length}`,
      'commenters,4',
      'groups,2',
      'conversation-description,made up',
    ],
    'comments.csv': [
      'timestamp,datetime,comment-id,author-id,agrees,disagrees,moderated,comment-body',
      ...tids.map(
        (tid) => `${at(tid)},Tue Nov 14 2023,${tid},${tid},${count(1, of(tid))},${count(-1, of(tid))},1,secret-word`,
      ),
    ],
    'votes.csv': [
      'timestamp,datetime,comment-id,voter-id,vote',
      ...people.flatMap(({ votes }, pid) =>
        tids.flatMap((tid) =>
          votes[tid] === undefined ? [] : [`${at(pid)},Tue Nov 14 2023,${tid},${pid},${votes[tid]}`],
        ),
      ),
    ],
    'participants-votes.csv': [
      `participant,group-id,n-comments,n-votes,n-agree,n-disagree,${tids.join(',')}`,
      ...people.map(({ gid, votes }, pid) => {
        const cast = votes.filter((vote) => vote !== undefined).length;
        const figures = [pid, gid ?? '', pid < tids.length ? 1 : 0, cast, count(1, votes), count(-1, votes)];
        return [...figures, ...tids.map((tid) => votes[tid] ?? '')].join(',');
      }),
    ],
  };
  await mkdir(folder, { recursive: true });
  for (const [name, lines] of Object.entries(files)) await writeFile(join(folder, name), `${lines.join('\n')}\n`);
  return folder;
}

const GROUPS = [
  { letter: 'A', label: 'Group A', size: 24 },
  { letter: 'B', label: 'Group B', size: 16 },
];
/** Of all participants, of group A, of group B: what PEOPLE voted. */
export const VOTES: Record<string, [agrees: number, disagrees: number, passes: number][]> = {
  0: [
    [22, 16, 2],
    [22, 2, 0],
    [0, 14, 2],
  ],
  1: [
    [45, 0, 0],
    [24, 0, 0],
    [16, 0, 0],
  ],
  2: [
    [20, 20, 0],
    [12, 12, 0],
    [8, 8, 0],
  ],
  3: [
    [20, 0, 20],
    [12, 0, 12],
    [8, 0, 8],
  ],
};

/** The text of every clause, in a language without a word list: a proof must not print it. */
export const HIDDEN = 'κρυφή λέξη που δεν πρέπει να εμφανιστεί';

/** A claim as its code, and the comment that it cites. */
type Claimed = readonly [code: string, tid: number];
/** They hold for PEOPLE. */
export const CLAIMS: readonly Claimed[] = [
  ['M+ A', 0],
  ['D+ A>B', 0],
  ['E+', 1],
  ['S', 2],
  ['U', 3],
  ['c', 2],
];

/** A section as it is stored: a paragraph of one sentence for each claim. */
export const sectionOf = (claims: readonly Claimed[] = CLAIMS, votes: typeof VOTES | 'none' = VOTES) => ({
  report_data: JSON.stringify({
    id: 'section',
    title: 'Harbour',
    paragraphs: claims.map(([claim, tid]) => ({
      id: 'p',
      title: '',
      sentences: [{ clauses: [{ text: HIDDEN, citations: [tid], claim }] }],
    })),
    ...(votes !== 'none' && { evidence: { groups: GROUPS, votes } }),
  }),
});

/** The JSON of a report. */
export const reportOf = (sections: Record<string, unknown>): string =>
  JSON.stringify({ status: 'success', request_report_id: 'rharbour', reports: sections });
