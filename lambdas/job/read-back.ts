import { claimCode } from '../report/claims/claim.ts';
import { readBackMessage } from '../report/claims/messages.ts';
import { READ_BACK_MAX_TOKENS } from '../report/request.ts';
import { clausesOf, type Report, sentenceCount } from '../report/shape.ts';
import { READ_BACK_SYSTEM_PROMPT } from '../report/system-prompt.ts';
import type { Plan, Reading } from '../shared/ledger-rows.ts';
import { promptHash } from '../shared/names.ts';
import { pack } from '../shared/packed.ts';
import type { Ledger } from '../stores/ledger.ts';
import { answerName, readAnswers, readTexts } from './answers.ts';
import { askedRow, type ToAsk } from './asked.ts';
import { type SectionState, toAsk } from './sections.ts';

type Unread = Extract<SectionState, { kind: 'stored' }>;

/**
 * Requests that read the claims of sections back, of those whose answer has not been read. A reading that another job had made of the very
 * same clauses is used.
 */
export async function readingsToAsk(
  { ledger, now }: { ledger: Ledger; now: () => Date },
  plan: Plan,
  states: readonly SectionState[],
  round: number,
): Promise<ToAsk[]> {
  const { groups, no_cache } = plan;
  if (!plan.read_back || !groups) return [];
  const unread = toAsk(
    states.flatMap((state) => (state.kind === 'stored' && state.read === 'no' ? [{ ...state.section, state }] : [])),
  );
  const texts = await readTexts(
    ledger,
    unread.map(({ state }) => state.answer),
  );
  const readings = unread.flatMap(({ ordinal, state }) => {
    const report = texts(state.answer, state.section)?.report;
    if (!report) return [];
    const message = readBackMessage(clausesOf(report), groups);
    const prompt_hash = promptHash(plan, READ_BACK_SYSTEM_PROMPT, message.content);
    return [{ ordinal, state, message, reading: readingOf(state, report), prompt_hash }];
  });
  const known = no_cache ? undefined : await useKnown(ledger, readings, now());
  return readings
    .filter(({ prompt_hash }) => !known?.has(prompt_hash))
    .map(({ ordinal, message, reading, prompt_hash }) => ({
      request: { ordinal, max_tokens: READ_BACK_MAX_TOKENS, asks: 'read back' },
      row: askedRow(plan, round, ordinal, {
        messages: pack(JSON.stringify([message])),
        reading: pack(JSON.stringify(reading)),
        prompt_hash,
      }),
    }));
}

const readingOf = ({ answer }: Unread, report: Report): Reading => ({
  of: answerName(answer),
  sentences: sentenceCount(report),
  clauses: clausesOf(report).map(({ claim, paragraph, sentence, clause }) => ({
    paragraph,
    sentence,
    clause,
    code: claim ? claimCode(claim) : '',
  })),
});

/** Keeps what known readings found with the sections. @returns the hashes of readings that are known */
async function useKnown(
  ledger: Ledger,
  readings: readonly { prompt_hash: string; reading: Reading; state: Unread }[],
  now: Date,
): Promise<Set<string>> {
  const hashes = readings.map(({ prompt_hash }) => prompt_hash);
  const known = await ledger.knownAnswers(hashes, now);
  const rowOf = await readAnswers(ledger, [...known.values()]);
  const found = readings.flatMap(({ prompt_hash, reading: { of, sentences }, state: { section } }) => {
    const ref = known.get(prompt_hash);
    const row = ref && rowOf(ref);
    if (row?.kind !== 'stored') return [];
    return [
      { prompt_hash, section: { ...section, known_reading: { of, sentences, failed: row.failed_clauses ?? [] } } },
    ];
  });
  await ledger.putSections(found.map(({ section }) => section));
  return new Set(found.map(({ prompt_hash }) => prompt_hash));
}
