import * as z from 'zod';
import { jsonOrUndefined } from '../shared/parse.ts';
import type { Evidence } from './claims/evidence.ts';
import type { ReportsAnswer } from './public.ts';
import type { SectionKind } from './sections.ts';
import { citedTids, type Report, storedReportSchema } from './shape.ts';

type Stored = ReportsAnswer['reports'][string];

/** A stored section as its readers see it. */
export interface ReadSection {
  section: string;
  kind: SectionKind;
  title: string;
  /** written: it has a text; left_out: no comment belongs to it; missing: it could not be written, or cannot be read */
  state: 'written' | 'left_out' | 'missing';
  /** for readers, one sentence: why there is no text; empty when it is written */
  why: string;
  /** empty when there is no text */
  paragraphs: Report['paragraphs'];
  /** what its claims are proven from; undefined when they were not checked */
  evidence: Evidence | undefined;
  takenOut: { paragraph: string; why: string }[];
  promptVersion: string | undefined;
  simulated: boolean;
  /** the finer topics that a coarse one holds */
  inside: ReadSection[];
}

/** Metadata that this project writes; rows of the Delphi pipeline may have none. */
const metadataSchema = z
  .object({
    section_kind: z.string().optional().catch(undefined),
    section_title: z.string().optional().catch(undefined),
    topic_name: z.string().optional().catch(undefined),
    layer_id: z.number().optional().catch(undefined),
    cluster_id: z.number().optional().catch(undefined),
    prompt_version: z.string().optional().catch(undefined),
    claims: z.string().optional().catch(undefined),
    simulated: z.boolean().optional().catch(undefined),
  })
  .catch({});

/** Reading order of sections by kind; the type makes sure that none is forgotten. */
const RANK: Record<SectionKind, number> = { group_informed_consensus: 0, groups: 1, uncertainty: 2, topic: 3 };

/**
 * The sections of a report in reading order: the global ones, then topics, the coarse ones before the fine ones. A topic stands
 * inside the next coarser topic with which it shares most cited comments, because a coarse topic is about the same comments.
 */
export function readSections(reports: ReportsAnswer['reports']): ReadSection[] {
  const placed = Object.entries(reports)
    .map(([name, stored]) => placeOf(name, stored))
    .sort((a, b) => a.rank - b.rank || b.layer - a.layer || a.cluster - b.cluster);
  const topics = placed.filter(({ read }) => read.kind === 'topic');
  const top = placed.filter(({ read }) => read.kind !== 'topic').map(({ read }) => read);
  for (const topic of topics) {
    const around = coarserTopic(topic, topics);
    (around ? around.inside : top).push(topic.read);
  }
  return top;
}

/** Every section of the report, those inside others too, in reading order. */
export const allSections = (sections: readonly ReadSection[]): ReadSection[] =>
  sections.flatMap((section) => [section, ...allSections(section.inside)]);

interface Placed {
  read: ReadSection;
  rank: number;
  layer: number;
  cluster: number;
  cited: ReadonlySet<number>;
}

function placeOf(name: string, stored: Stored): Placed {
  const metadata = metadataSchema.parse(stored.metadata);
  const read = readSection(name, stored, metadata);
  return {
    read,
    rank: RANK[read.kind],
    layer: metadata.layer_id ?? 0,
    cluster: metadata.cluster_id ?? 0,
    cited: new Set(citedTids(read)),
  };
}

/** The topic of the next coarser layer that shares most cited comments; undefined when none shares any. */
function coarserTopic(topic: Placed, topics: readonly Placed[]): ReadSection | undefined {
  const layers = topics.map(({ layer }) => layer).filter((layer) => layer > topic.layer);
  const next = Math.min(...layers);
  const shared = topics
    .filter(({ layer, read }) => layer === next && read.state === 'written')
    .map(({ read, cited }) => ({ read, count: [...topic.cited].filter((tid) => cited.has(tid)).length }));
  const most = shared.reduce<(typeof shared)[number] | undefined>(
    (best, each) => (each.count > (best?.count ?? 0) ? each : best),
    undefined,
  );
  return most?.read;
}

function readSection(name: string, stored: Stored, metadata: z.output<typeof metadataSchema>): ReadSection {
  const report = storedReportSchema.safeParse(jsonOrUndefined(stored.report_data ?? '')).data;
  const kind = metadata.section_kind ?? '';
  const about = {
    section: name,
    kind: Object.hasOwn(RANK, kind) ? (kind as SectionKind) : 'topic',
    title: metadata.section_title || metadata.topic_name || report?.title || name,
    promptVersion: metadata.prompt_version,
    simulated: metadata.simulated === true,
    inside: [],
  };
  const none = { paragraphs: [], evidence: undefined, takenOut: [] };
  if (stored.errors !== undefined) {
    const left = String(stored.errors).startsWith('no_comments:');
    const why = gapSentence(stored) ?? (left ? 'No comment belongs to it.' : 'It could not be written.');
    return { ...about, ...none, state: left ? 'left_out' : 'missing', why };
  }
  if (!report) return { ...about, ...none, state: 'missing', why: 'The stored text of this section is not valid.' };
  const { paragraphs, evidence, taken_out = [] } = report;
  const checked = metadata.claims === 'off' || metadata.claims === 'not checked' ? undefined : evidence;
  return { ...about, state: 'written', why: '', paragraphs, evidence: checked, takenOut: taken_out };
}

/** The sentence of a section without a text; it cites nothing, as no other may. */
const gapSchema = z.object({
  paragraphs: z.tuple([
    z.object({ sentences: z.tuple([z.object({ clauses: z.tuple([z.object({ text: z.string().min(1) })]) })]) }),
  ]),
});

const gapSentence = ({ report_data }: Stored): string | undefined =>
  gapSchema.safeParse(jsonOrUndefined(report_data ?? '')).data?.paragraphs[0].sentences[0].clauses[0].text;
