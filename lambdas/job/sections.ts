import * as z from 'zod';
import { isUnproven, sentencesOf } from '../report/claims/check.ts';
import {
  type AnsweredFacts,
  type AnswerRef,
  type FailedClause,
  type Plan,
  type Section,
  sectionSchema,
  type Unproven,
} from '../shared/ledger-rows.ts';
import { customIdReader, entry, placeOf } from '../shared/names.ts';
import type { Reason } from '../shared/outcome.ts';
import { unpack } from '../shared/packed.ts';
import type { Ledger } from '../stores/ledger.ts';
import { answerName } from './answers.ts';

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
  | (WithText & { kind: 'stored' })
  /** the votes do not prove some of its clauses, or they were read back otherwise */
  | (WithText & { kind: 'unproven'; unproven: Unproven; askAgain: boolean; cutOff: boolean })
  | { kind: 'ask_again' | 'failed'; reason: Reason; said?: string }
  /** not answered yet */
  | { kind: 'open' }
);

/** A section that has an answer with a text. */
interface WithText {
  answer: AnswerRef;
  /** bought by another job */
  reused: boolean;
  /** whether its claims were read back; `cannot`: the request for it was refused for good */
  read: 'yes' | 'no' | 'cannot';
  /** clauses that fail */
  failed: readonly FailedClause[];
}

/**
 * Works out how every section stands. A good answer holds for good unless reading it back found otherwise. Of answers that are
 * unproven the one that loses fewer sentences holds, and else the last round's. Sections with the very same question have one
 * answer together.
 * @param answers of all rounds, in any order
 * @returns in order of ordinal
 */
export function sectionStates(
  sections: ReadonlyMap<number, Section>,
  answers: Iterable<AnsweredFacts>,
): SectionState[] {
  const rows = Map.groupBy(answers, ({ entry: key }) => placeOf(key).ordinal);
  const inOrder = (ordinal: number) =>
    (rows.get(ordinal) ?? []).toSorted((a, b) => placeOf(a.entry).round - placeOf(b.entry).round);
  const firstOf = firstByQuestion([...sections.values()]);
  return [...sections.values()]
    .sort((a, b) => a.ordinal - b.ordinal)
    .map((section): SectionState => {
      const first = firstOf(section);
      const known = (standing: Standing) => withKnownReading(standing, first);
      const begun = known(reusedAnswer(section.reused ?? first.reused));
      return { section, ...inOrder(first.ordinal).reduce((standing, row) => known(after(standing, row)), begun) };
    });
}

type Standing = SectionState extends infer S ? (S extends unknown ? Omit<S, 'section'> : never) : never;

/** What another job's answer is to a section, before anything is asked. */
function reusedAnswer(reused: AnswerRef | undefined): Standing {
  if (!reused) return { kind: 'open' };
  const { unproven, accepted, ...answer } = reused;
  const text = { answer, reused: true, read: accepted ? 'yes' : 'no', failed: accepted ?? [] } as const;
  return unproven
    ? { kind: 'unproven', ...text, unproven, askAgain: true, cutOff: false }
    : { kind: 'stored', ...text };
}

/** A reading counts for the answer that it read, as long as the section has that one. */
const isOf = (standing: Standing, of: string): standing is Extract<Standing, { kind: 'stored' }> =>
  standing.kind === 'stored' && answerName(standing.answer) === of;

const withKnownReading = (standing: Standing, { known_reading: reading }: Section): Standing =>
  reading && isOf(standing, reading.of) ? afterReading(standing, reading) : standing;

/** How a section stands after one more answer. */
function after(before: Standing, row: AnsweredFacts): Standing {
  if (row.reads !== undefined) return readBack(before, row);
  const { kind, reason = 'missing', said, unproven } = row;
  if (before.kind === 'stored') return before;
  if (kind === 'stored') return { kind, answer: refOf(row), reused: false, read: 'no', failed: [] };
  if (kind === 'unproven' && unproven) {
    const isWorse = before.kind === 'unproven' && share(before.unproven) < share(unproven);
    const { failed_clauses: failed = [] } = row;
    return isWorse
      ? { ...before, askAgain: true, cutOff: false }
      : { kind, answer: refOf(row), reused: false, read: 'no', failed, unproven, askAgain: true, cutOff: false };
  }
  if (before.kind === 'unproven') return { ...before, askAgain: kind !== 'failed', cutOff: reason === 'truncated' };
  return { kind: kind === 'failed' ? kind : 'ask_again', reason, ...(said ? { said } : {}) };
}

const share = ({ sentences, lost }: Unproven): number => lost / sentences;

function readBack(before: Standing, row: AnsweredFacts): Standing {
  const { reads = '', kind, failed_clauses: failed = [], unproven } = row;
  if (!isOf(before, reads)) return before;
  if (kind === 'stored') return afterReading(before, { failed, sentences: unproven?.sentences ?? 0 });
  return kind === 'failed' ? { ...before, read: 'cannot' } : before;
}

function afterReading(
  before: Extract<Standing, { kind: 'stored' }>,
  { failed, sentences }: { failed: readonly FailedClause[]; sentences: number },
): Standing {
  if (failed.length === 0) return { ...before, read: 'yes' };
  const unproven = { sentences, lost: sentencesOf(failed) };
  return { ...before, kind: 'unproven', read: 'yes', failed, unproven, askAgain: true, cutOff: false };
}

const refOf = ({ job_id, entry: key, cost_micro_usd }: AnsweredFacts): AnswerRef => ({
  job_id,
  entry: key,
  ...(cost_micro_usd === undefined ? {} : { cost_micro_usd }),
});

/** A section that is published. */
export type Written = Extract<SectionState, { kind: 'stored' | 'unproven' }>;

/**
 * How a section ends when nothing more is asked: it is published without the sentences that fail, unless too much is lost.
 * @returns undefined for one that is not published
 */
export const writtenOf = (state: SectionState): Written | undefined =>
  state.kind === 'stored' || (state.kind === 'unproven' && !isUnproven(state.unproven)) ? state : undefined;

/** The sections of a list that have to be asked for: of those with the very same question only the first. */
export function toAsk<S extends { ordinal: number; prompt_hash?: string | undefined }>(
  sections: readonly S[],
  open: (section: S) => boolean = () => true,
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
