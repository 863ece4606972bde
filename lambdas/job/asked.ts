import type { AskedRow, Plan, Prompt, Request } from '../shared/ledger-rows.ts';
import { entry } from '../shared/names.ts';
import { unpack } from '../shared/packed.ts';

/** A request of a later round that is not written yet. */
export interface ToAsk {
  request: Omit<Request, 'part'>;
  /** absent for a reading, which does not show the comments */
  prompt?: Prompt;
  /** what it says beside the prompt */
  row?: AskedRow;
}

/** All that a request says, for its price. */
export const inWords = ({ request: { asks, max_tokens }, prompt, row }: ToAsk) => ({
  prompt: `${prompt ? unpack(prompt.prompt) : ''}${row ? unpack(row.messages) : ''}`,
  max_tokens,
  asks,
});

export const askedRow = (
  { job_id, expires_at_epoch }: Plan,
  round: number,
  ordinal: number,
  texts: Pick<AskedRow, 'messages' | 'reading' | 'prompt_hash'>,
): AskedRow => ({ job_id, entry: entry.asked(round, ordinal), ...texts, expires_at_epoch });
