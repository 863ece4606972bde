import * as z from 'zod';
import { type AnsweredFacts, type AnswerRef, type Plan, type Section, sectionSchema } from '../shared/ledger-rows.ts';
import { customIdReader, entry, placeOf } from '../shared/names.ts';
import type { Reason } from '../shared/outcome.ts';
import { unpack } from '../shared/packed.ts';
import type { Ledger } from '../stores/ledger.ts';

/** The sections of a job by ordinal, and which of them a line of results answers. */
export interface JobSections {
  all: ReadonlyMap<number, Section>;
  /** The ordinal that a custom id names; undefined when it is none of this job's and round's. */
  ordinalOf(customId: string): number | undefined;
}

/** The sections of a job, whoever asked for them. @param round whose custom ids are read */
export async function sectionsOf(ledger: Pick<Ledger, 'sections'>, plan: Plan, round = 1): Promise<JobSections> {
  if (plan.legacy) return legacySections(plan);
  const all = await ledger.sections(plan);
  const read = customIdReader(plan.job_id);
  return {
    all,
    ordinalOf(customId) {
      const named = read(customId);
      return named?.round === round && all.has(named.ordinal) ? named.ordinal : undefined;
    },
  };
}

/** What adopting a batch of the old pipeline keeps in the plan: the sections it may have asked for. */
export const legacySchema = z.object({
  sections: z.array(
    sectionSchema.pick({ section: true, kind: true, title: true, topic: true }).extend({ custom_id: z.string() }),
  ),
  tids: z.array(z.number()),
});
export type Legacy = z.infer<typeof legacySchema>;

/**
 * Sections the old pipeline may have asked for. Its custom ids are cut to 64 characters: one is matched to the only
 * section that begins so. What it showed is not recorded, so any comment of the conversation may be cited.
 */
function legacySections({ job_id, legacy }: Plan): JobSections {
  const { sections, tids } = legacySchema.parse(JSON.parse(unpack(legacy as Uint8Array)));
  return {
    all: new Map(
      sections.map(({ custom_id: _, ...about }, ordinal) => [
        ordinal,
        { ...about, job_id, entry: entry.section(ordinal), ordinal, shown: tids },
      ]),
    ),
    ordinalOf(customId) {
      const fitting = sections.flatMap((section, ordinal) => (section.custom_id === customId ? [ordinal] : []));
      return fitting.length === 1 ? fitting[0] : undefined;
    },
  };
}

/** How a section stands after all that was asked so far. */
export type SectionState = { section: Section } & (
  | { kind: 'stored'; answer: AnswerRef; reused: boolean }
  | { kind: 'ask_again' | 'failed'; reason: Reason; said?: string }
  /** not answered yet */
  | { kind: 'open' }
);

/**
 * Works out how every section stands. A stored answer holds for good, else the last round's. Sections with the very same
 * question have one answer together.
 * @param answers of all rounds, in any order
 * @returns in order of ordinal
 */
export function sectionStates(
  sections: ReadonlyMap<number, Section>,
  answers: Iterable<AnsweredFacts>,
): SectionState[] {
  const held = new Map<number, AnsweredFacts>();
  for (const answer of answers) {
    const { round, ordinal } = placeOf(answer.entry);
    const before = held.get(ordinal);
    if (!before || (before.kind !== 'stored' && (answer.kind === 'stored' || placeOf(before.entry).round < round)))
      held.set(ordinal, answer);
  }
  const firstOf = firstByQuestion([...sections.values()]);
  return [...sections.values()]
    .sort((a, b) => a.ordinal - b.ordinal)
    .map((section): SectionState => {
      const first = firstOf(section);
      const reused = section.reused ?? first.reused;
      if (reused) return { section, kind: 'stored', answer: reused, reused: true };
      const answer = held.get(first.ordinal);
      if (!answer) return { section, kind: 'open' };
      const { job_id, entry: key, kind, reason = 'missing', said, cost_micro_usd } = answer;
      if (kind !== 'stored') return { section, kind, reason, ...(said ? { said } : {}) };
      return { section, kind, reused: false, answer: { job_id, entry: key, ...known({ cost_micro_usd }) } };
    });
}

const known = ({ cost_micro_usd }: Pick<AnswerRef, 'cost_micro_usd'>) =>
  cost_micro_usd === undefined ? {} : { cost_micro_usd };

/** The sections of a list that have to be asked for: of those with the very same question only the first. */
export function toAsk<S extends { ordinal: number; prompt_hash?: string | undefined }>(
  sections: readonly S[],
  open: (section: S) => boolean,
): S[] {
  const firstOf = firstByQuestion(sections);
  return sections.filter((section) => firstOf(section) === section && open(section));
}

function firstByQuestion<S extends { ordinal: number; prompt_hash?: string | undefined }>(sections: readonly S[]) {
  const first = new Map<string, S>();
  for (const section of sections) {
    const hash = section.prompt_hash;
    if (hash !== undefined && section.ordinal < (first.get(hash)?.ordinal ?? Number.POSITIVE_INFINITY))
      first.set(hash, section);
  }
  return (section: S): S => (section.prompt_hash === undefined ? section : (first.get(section.prompt_hash) as S));
}
