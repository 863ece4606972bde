import { type Claim, letterOf } from '../../lambdas/report/claims/claim.ts';
import { type Evidence, storedEvidence } from '../../lambdas/report/claims/evidence.ts';
import { prove } from '../../lambdas/report/claims/prove.ts';
import { shownComments } from '../../lambdas/report/comments.ts';
import { defaultLabel } from '../../lambdas/report/opinion-groups.ts';
import { readOpinionMap } from '../../lambdas/report/opinion-map.ts';
import type { ReportPageInput } from '../../lambdas/report/page/input.ts';
import type { ReportsAnswer } from '../../lambdas/report/public.ts';
import { SECTION_KINDS } from '../../lambdas/report/sections.ts';
import { POSTGRES_VOTE, type Tally, tally } from '../../lambdas/report/votes.ts';
import { GLOBAL_SECTIONS } from '../../lambdas/shared/names.ts';
import type { ConversationData } from '../../local/conversation.ts';
import { currentVotes } from '../../local/sample.ts';

/**
 * The page of a conversation whose report is written by code: every clause makes the strongest claims that the votes prove, so
 * that the report is true by construction.
 */
export function pageOfConversation(data: ConversationData): ReportPageInput {
  const { shown } = shownComments(
    data.comments.map((comment) => ({
      ...comment,
      selected: !data.selections.some((s) => s.tid === comment.tid && s.selection === -1),
    })),
    { mod_level: data.report.mod_level ?? -2, include_moderation: true, exclude_comment_selections: true },
  );
  const evidence = evidenceOfConversation(data);
  const text = new Map(shown.map(({ tid, txt }) => [tid, txt]));
  const rows = sectionsOf(data, evidence, text);
  return {
    reportId: data.report.report_id,
    title: data.report.report_name,
    date: '2026-05-27T09:00:00.000Z',
    counts: {
      participants: data.conversation.participant_count,
      votes: currentVotes(data.votes).length,
      comments: data.comments.length,
    },
    reports: rows,
    texts: new Map([...text].map(([tid, txt]) => [tid, { text: txt }])),
    tallies: evidence.votes,
    groups: evidence.groups,
    map: mapOfConversation(data),
    model: 'a program of the tests',
    promptVersion: '1',
    simulated: false,
    language: 'en',
  };
}

const mapOfConversation = ({ math }: ConversationData) =>
  readOpinionMap({
    base_ids: math.data['base-clusters'].id,
    base_x: math.data['base-clusters'].x,
    base_y: math.data['base-clusters'].y,
    base_counts: math.data['base-clusters'].count,
    group_clusters: math.data['group-clusters'],
  });

/** The votes on every comment, of everyone and of each group. */
export function evidenceOfConversation(data: ConversationData): Evidence {
  const bases = data.math.data['base-clusters'];
  const clusters = data.math.data['group-clusters'];
  const groupOf = new Map(
    clusters.flatMap(({ members }, at) =>
      members.flatMap((base) => (bases.members[bases.id.indexOf(base)] ?? []).map((pid) => [pid, at] as const)),
    ),
  );
  const counts = new Map(data.comments.map(({ tid }) => [tid, [...Array(clusters.length + 1)].map(() => [0, 0, 0])]));
  for (const { pid, tid, vote } of currentVotes(data.votes)) {
    const side = vote === POSTGRES_VOTE.agree ? 0 : vote === POSTGRES_VOTE.disagree ? 1 : 2;
    const group = groupOf.get(pid);
    for (const at of [0, ...(group === undefined ? [] : [group + 1])]) {
      const cell = counts.get(tid)?.[at];
      if (cell) cell[side] = (cell[side] ?? 0) + 1;
    }
  }
  const size = clusters.map((_, at) => [...groupOf.values()].filter((group) => group === at).length);
  return {
    groups: clusters.map(({ id }, at) => ({ letter: letterOf(id), label: defaultLabel(id), size: size[at] ?? 0 })),
    votes: new Map(
      [...counts].map(([tid, cells]) => [tid, cells.map(([a = 0, d = 0, p = 0]): Tally => tally(a, d, p))]),
    ),
  };
}

type Rows = ReportsAnswer['reports'];

function sectionsOf(data: ConversationData, evidence: Evidence, text: ReadonlyMap<number, string>): Rows {
  const newest =
    data.topicNames
      .map(({ created_at }) => created_at)
      .sort()
      .at(-1) ?? '';
  const run = data.topicNames.find(({ created_at }) => created_at === newest)?.topic_key.split('#')[0] ?? '';
  const topics = data.topicNames.filter(({ topic_key }) => topic_key.startsWith(run));
  const rows: Rows = {};
  for (const { topic_key, layer_id, cluster_id, topic_name } of topics) {
    const tids = data.clusterAssignments
      .filter((row) => row[`layer${layer_id}_cluster_id`] === cluster_id && text.has(row.comment_id))
      .map(({ comment_id }) => comment_id);
    const section = topic_key.replaceAll('#', '_');
    const metadata = { section_kind: 'topic', section_title: topic_name, topic_name, layer_id, cluster_id };
    if (tids.length > 0)
      rows[section] = writtenRow(section, metadata, tids.slice(0, layer_id === 0 ? 12 : 18), evidence, text);
  }
  const kinds = { groups: 'difference', group_informed_consensus: 'consensus', uncertainty: 'uncertain' } as const;
  for (const kind of GLOBAL_SECTIONS) {
    const section = `batch_re_global_${kind}`;
    const tids = [...text.keys()].filter((tid) => claimsOf(tid, evidence).some((claim) => claim.kind === kinds[kind]));
    const metadata = { section_kind: kind, section_title: SECTION_KINDS[kind].title };
    if (tids.length > 0) rows[section] = writtenRow(section, metadata, tids.slice(0, 12), evidence, text, kinds[kind]);
  }
  return rows;
}

function writtenRow(
  section: string,
  metadata: Record<string, unknown>,
  tids: readonly number[],
  evidence: Evidence,
  text: ReadonlyMap<number, string>,
  kind?: Claim['kind'],
): Rows[string] {
  const sentences = tids.map((tid) => ({ clauses: clausesOn(tid, evidence, text, kind) }));
  const half = Math.ceil(sentences.length / 2);
  const paragraphs = [sentences.slice(0, half), sentences.slice(half)]
    .filter((part) => part.length > 0)
    .map((part, at) => ({
      id: `p${at + 1}`,
      title: at === 0 ? 'What people say' : 'What else they say',
      sentences: part,
    }));
  const report = {
    id: section,
    title: String(metadata.section_title),
    paragraphs,
    evidence: storedEvidence(evidence, tids),
  };
  return {
    section,
    model: 'a program of the tests',
    timestamp: '2026-05-27T09:00:00.000Z',
    report_data: JSON.stringify(report),
    errors: undefined,
    job_id: 'batch_report_1',
    metadata: { ...metadata, claims: 'checked', prompt_version: '1' },
  };
}

/** What a comment says, then up to two claims about its votes. */
function clausesOn(tid: number, evidence: Evidence, text: ReadonlyMap<number, string>, kind?: Claim['kind']) {
  const words = (text.get(tid) ?? '')
    .split(/\s+/)
    .slice(0, 12)
    .join(' ')
    .replace(/[.,;:!?]$/, '');
  const claims = claimsOf(tid, evidence).toSorted((a, b) => Number(b.kind === kind) - Number(a.kind === kind));
  return [
    { text: `One comment reads “${words}”:`, citations: [tid], claim: { kind: 'content' as const } },
    ...claims.slice(0, 2).map((claim, at) => ({
      text: `${at > 0 ? 'and ' : ''}${phrase(claim)}${at === Math.min(claims.length, 2) - 1 ? '.' : ','}`,
      citations: [tid],
      claim,
    })),
  ];
}

/** Every claim that the votes on a comment prove, the strongest first. */
export function claimsOf(tid: number, evidence: Evidence): Claim[] {
  const letters = evidence.groups.map(({ letter }) => letter);
  const stances = ['agree', 'disagree'] as const;
  const all: Claim[] = [
    ...stances.map((stance) => ({ kind: 'consensus' as const, stance })),
    ...stances.flatMap((stance) =>
      letters.flatMap((a) =>
        letters.flatMap((b) => (a === b ? [] : [{ kind: 'difference' as const, stance, groups: [a], than: [b] }])),
      ),
    ),
    { kind: 'uncertain' },
    { kind: 'divided' },
    ...stances.map((stance) => ({ kind: 'near_unanimous' as const, stance })),
    ...stances.map((stance) => ({ kind: 'majority' as const, stance })),
    ...letters.flatMap((letter) => stances.map((stance) => ({ kind: 'majority' as const, stance, groups: [letter] }))),
    ...letters.map((letter) => ({ kind: 'thin' as const, groups: [letter] })),
  ];
  return all.filter((claim) => ['proven', 'thin'].includes(prove(claim, [tid], evidence).verdict));
}

function phrase(claim: Claim): string {
  const who =
    'groups' in claim && claim.groups ? claim.groups.map((letter) => `Group ${letter}`).join(' and ') : 'people';
  switch (claim.kind) {
    case 'consensus':
      return `every group mostly ${claim.stance === 'agree' ? 'agrees' : 'disagrees'}`;
    case 'difference':
      return `${who} ${claim.stance === 'agree' ? 'agrees' : 'disagrees'} far more than Group ${claim.than.join(' and Group ')}`;
    case 'uncertain':
      return `many ${who} passed`;
    case 'divided':
      return 'opinion on it is split';
    case 'near_unanimous':
      return `nearly all ${claim.stance}`;
    case 'majority':
      return `most of ${who} ${claim.stance}`;
    case 'thin':
      return `too few of ${who} voted to say more`;
    default:
      return 'it was said';
  }
}

const VOTES = [tally(40, 10, 5), tally(30, 2, 2), tally(10, 8, 3)];

/** A small page with these texts; its clauses claim what the votes prove. */
function smallPage(
  texts: Readonly<Record<number, string>>,
  words: { title: string; label: string; clause: string; language: string },
): ReportPageInput {
  const groups = [
    { letter: 'A', label: words.label, size: 34 },
    { letter: 'B', label: 'Group B', size: 21 },
  ];
  const tids = Object.keys(texts).map(Number);
  const evidence: Evidence = { groups, votes: new Map(tids.map((tid) => [tid, VOTES])) };
  const clauses = tids.flatMap((tid) => [
    { text: words.clause, citations: [tid], claim: { kind: 'majority', stance: 'agree' } },
    {
      text: words.clause,
      citations: [tid],
      claim: { kind: 'difference', stance: 'agree', groups: ['A'], than: ['B'] },
    },
  ]);
  const report = {
    id: 'x',
    title: words.title,
    paragraphs: [{ id: 'p', title: words.title, sentences: [{ clauses }] }],
    evidence: storedEvidence(evidence, tids),
    taken_out: [{ paragraph: words.title, why: words.clause }],
  };
  const metadata = { section_kind: 'topic', section_title: words.title, claims: 'checked' };
  return {
    reportId: 'r1',
    title: words.title,
    date: '2026-05-27T09:00:00.000Z',
    conversationUrl: 'javascript:window.hacked=1',
    reports: {
      [words.title]: {
        section: words.title,
        model: 'm',
        timestamp: '2026-05-27T09:00:00.000Z',
        report_data: JSON.stringify(report),
        errors: undefined,
        job_id: 'j',
        metadata,
      },
    },
    texts: new Map(Object.entries(texts).map(([tid, text]) => [Number(tid), { text }])),
    groups,
    map: {
      points: [
        { letter: 'A', x: 0, y: 0, count: 34 },
        { letter: 'B', x: 1, y: 0, count: 21 },
      ],
      centers: [{ letter: 'A', x: 0, y: 0 }],
    },
    model: words.title,
    simulated: false,
    language: words.language,
    method: [words.clause],
    warnings: [words.clause],
  };
}

const HOSTILE = [
  '</script><script>window.hacked=1</script>',
  '<img src=x onerror="window.hacked=1">',
  '<!--<script>window.hacked=1',
  '"><iframe srcdoc="<script>parent.hacked=1</script>"></iframe>',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a text that a template would run
  "'\"`${window.hacked=1}{{constructor.constructor('hacked=1')()}}",
  '=HYPERLINK("http://example.com")',
  '</style><style>*{display:none}</style>',
  '\u2028\u2029 \u0000 \ud800 \r\n two\r lines \u202e turned &lt;b&gt; &amp;',
  'x'.repeat(900),
];

/** A page whose every text tries to be more than text. */
export const hostilePage = (): ReportPageInput =>
  smallPage(Object.fromEntries(HOSTILE.map((text, tid) => [tid, text])), {
    title: `</title></script><script>window.hacked=1</script>`,
    label: '"}</style><img src=x onerror=window.hacked=1>',
    clause: '</span><script>window.hacked=1</script> </script> <a href="javascript:window.hacked=1">x</a>',
    language: '"><script>window.hacked=1</script>',
  });

/** A page in Arabic, with a comment in Latin script and one in Hebrew among its comments. */
export const rightToLeftPage = (): ReportPageInput =>
  smallPage(
    { 1: 'يجب أن يبقى الميناء ملكاً للمدينة.', 2: 'Keep the harbour open.', 3: 'הנמל שייך לכולם.' },
    { title: 'ماذا نفعل بالميناء؟', label: 'المجموعة أ', clause: 'يوافق معظم الناس على هذا الرأي.', language: 'ar' },
  );

/** A page about many comments, each with two proven claims; texts as long as people write them. */
export function largePage(comments: number, groups = 3): ReportPageInput {
  const letters = Array.from({ length: groups }, (_, gid) => letterOf(gid));
  const evidence: Evidence = {
    groups: letters.map((letter) => ({ letter, label: `Group ${letter}`, size: 120 })),
    votes: new Map(
      Array.from({ length: comments }, (_, tid) => {
        const cells = letters.map((_, at) =>
          tally(30 + ((tid * 7 + at * 13) % 60), 10 + ((tid + at * 31) % 50), (tid + at) % 9),
        );
        const all = cells.reduce((sum, c) =>
          tally(sum.agrees + c.agrees, sum.disagrees + c.disagrees, sum.passes + c.passes),
        );
        return [tid, [all, ...cells]] as const;
      }),
    ),
  };
  const text = new Map(
    [...evidence.votes.keys()].map((tid) => [
      tid,
      `Comment ${tid} says in some words what ought to be done with the harbour front, and why it matters to those who live there.`,
    ]),
  );
  const perSection = 25;
  const reports: Rows = {};
  for (let at = 0; at * perSection < comments; at += 1) {
    const tids = [...text.keys()].slice(at * perSection, (at + 1) * perSection);
    const title = `Topic ${at}`;
    const metadata = { section_kind: 'topic', section_title: title, topic_name: title, layer_id: 0, cluster_id: at };
    reports[title] = writtenRow(title, metadata, tids, evidence, text);
  }
  return {
    reportId: 'rlarge',
    title: 'Large',
    date: '2026-05-27T09:00:00.000Z',
    reports,
    texts: new Map([...text].map(([tid, txt]) => [tid, { text: txt }])),
    groups: evidence.groups,
    model: 'a program of the tests',
    simulated: false,
    language: 'en',
  };
}
