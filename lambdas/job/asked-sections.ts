import * as z from 'zod';
import { type AskedFacts, askedFactsSchema, type Plan } from '../shared/ledger-rows.ts';
import { customIdReader } from '../shared/names.ts';
import { unpack } from '../shared/packed.ts';
import type { Ledger } from '../stores/ledger.ts';

/** Which section a line of results answers, and what the model was shown for it. */
export interface AskedSections {
  /** The ordinal that a custom id names; undefined when it is none of this job's and round's. */
  ordinalOf(customId: string): number | undefined;
  facts(ordinals: readonly number[]): Promise<Map<number, AskedFacts>>;
  /** ordinals asked for in this round; undefined when the old pipeline asked and kept no list */
  asked(): AsyncIterable<number> | undefined;
}

/** The sections of one round of a job, whoever asked for them. */
export const sectionsOf = (ledger: Ledger, plan: Plan, round: number): AskedSections =>
  plan.legacy ? legacySections(plan) : ownSections(ledger, plan, round);

/** Facts held in memory at once. */
const FACTS_AT_ONCE = 500;

/** Looks facts up some at a time, so that 100,000 sections take no more memory than 500. */
export async function* factsInSlices(
  sections: Pick<AskedSections, 'facts'>,
  ordinals: readonly number[],
): AsyncGenerator<{ ordinals: readonly number[]; facts: Map<number, AskedFacts> }> {
  for (let from = 0; from < ordinals.length; from += FACTS_AT_ONCE) {
    const slice = ordinals.slice(from, from + FACTS_AT_ONCE);
    yield { ordinals: slice, facts: await sections.facts(slice) };
  }
}

/** Sections that this project asked for: the ledger knows them. */
function ownSections(ledger: Ledger, plan: Plan, round: number): AskedSections {
  const read = customIdReader(plan.job_id);
  return {
    ordinalOf(customId) {
      const named = read(customId);
      return named?.round === round && named.ordinal < plan.sections ? named.ordinal : undefined;
    },
    facts: (ordinals) => ledger.askedFacts(plan.job_id, round, ordinals),
    asked: () =>
      round === 1 && !plan.reused ? firstOrdinals(plan.sections) : ledger.askedOrdinals(plan.job_id, round),
  };
}

async function* firstOrdinals(count: number): AsyncGenerator<number> {
  for (let ordinal = 0; ordinal < count; ordinal++) yield ordinal;
}

/** What adopting a batch of the old pipeline keeps in the plan: the sections it may have asked for. */
export const legacySchema = z.object({
  sections: z.array(askedFactsSchema.omit({ shown: true, ordinal: true }).extend({ custom_id: z.string() })),
  tids: z.array(z.number()),
});
export type Legacy = z.infer<typeof legacySchema>;

/**
 * Sections the old pipeline may have asked for. Its custom ids are cut to 64 characters: one is matched to the only
 * section that begins so. What it showed is not recorded, so any comment of the conversation may be cited.
 */
function legacySections(plan: Plan): AskedSections {
  const { sections, tids } = legacySchema.parse(JSON.parse(unpack(plan.legacy as Uint8Array)));
  return {
    ordinalOf(customId) {
      const fitting = sections.flatMap((section, ordinal) => (section.custom_id === customId ? [ordinal] : []));
      return fitting.length === 1 ? fitting[0] : undefined;
    },
    facts: async (ordinals) =>
      new Map(
        ordinals.flatMap((ordinal) => {
          const section = sections[ordinal];
          return section ? [[ordinal, { ...section, ordinal, shown: tids }] as const] : [];
        }),
      ),
    asked: () => undefined,
  };
}
