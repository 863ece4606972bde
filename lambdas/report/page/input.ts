import type { CoverageFigures } from '../claims/trust.ts';
import type { CommentLeftOut } from '../comments.ts';
import type { OpinionMap } from '../opinion-map.ts';
import type { ReportsAnswer } from '../public.ts';
import type { Tally } from '../votes.ts';
import type { PageGroup } from './data.ts';

/** A comment's text, or why it is not shown. */
export type CommentText = { text: string } | { hidden: CommentLeftOut };

/** What the page of a report is made from. */
export interface ReportPageInput {
  reportId: string;
  title: string;
  /** ISO 8601 */
  date: string;
  /** an address of the web; others are left out */
  conversationUrl?: string | undefined;
  /** of the whole conversation */
  counts?: { participants?: number; votes?: number; comments?: number };
  /** sections as the HTTP API answers them */
  reports: ReportsAnswer['reports'];
  /** by tid; a comment that is not here is shown without a text */
  texts: ReadonlyMap<number, CommentText>;
  /** votes on comments, for those that the sections bring none of: of all participants, then of each group */
  tallies?: ReadonlyMap<number, readonly Tally[]>;
  /** in the order of the tallies */
  groups: readonly PageGroup[];
  map?: OpinionMap | undefined;
  coverage?: CoverageFigures | undefined;
  model: string;
  promptVersion?: string | undefined;
  costUsd?: number | undefined;
  /** no model was called */
  simulated: boolean;
  /** of the text, as in `lang`; else it is taken from the word lists */
  language?: string | undefined;
  /** how the data was derived that the source does not contain */
  method?: readonly string[];
  /** what is suspicious in the source */
  warnings?: readonly string[];
  /** how many comments the report leaves out, by reason */
  leftOut?: Partial<Record<CommentLeftOut, number>>;
  /** comments that the report could show and no section does */
  inNoSection?: { count: number; mostVoted: readonly number[] };
}
