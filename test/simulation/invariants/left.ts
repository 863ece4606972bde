import { unpack } from '../../../lambdas/shared/packed.ts';
import type { StandIn } from '../../../stand-in/server.ts';

export type Row = Record<string, unknown>;

/** Everything that is left of one job: its rows in every table, and what the API has received and billed. */
export interface Left {
  jobId: string;
  /** how its custom ids start */
  mark: string;
  job: Row | undefined;
  /** rows that tell of its batches */
  awaiting: Row[];
  reports: Row[];
  /** of all jobs */
  allReports: Row[];
  ledger: Row[];
  /** by prompt hash: where the known answer to a question is kept */
  known: Map<string, Row>;
  /** of all jobs */
  batches: ReturnType<StandIn['batches']>;
  paid: ReturnType<StandIn['paidRequests']>;
  /** what the API was asked */
  calls: StandIn['calls'];
}

/** Ledger rows of one kind, such as `answered#`. */
export const entries = ({ ledger }: Left, prefix: string): Row[] =>
  ledger.filter(({ entry }) => String(entry).startsWith(prefix));

/** `job_results` and `job_details` of the job row. */
export const resultsOf = ({ job }: Left): Row => ({
  ...(JSON.parse(String(job?.job_results || '{}')) as Row),
  ...(JSON.parse(String(job?.job_details || '{}')) as Row),
});

/** Every request that the job asked for, as the end of a ledger key, such as `1#000004`. */
export const askedOf = (left: Left): string[] =>
  entries(left, 'round#').flatMap(({ entry, requests }) => {
    const asked = JSON.parse(unpack(requests as Uint8Array)) as { ordinal: number }[];
    return asked.map(({ ordinal }) => `${String(entry).slice('round#'.length)}#${String(ordinal).padStart(6, '0')}`);
  });

/** Round and ordinal at the end of a custom id, as in the keys of the ledger. */
export function placeOf(customId: string): { round: number; ordinal: number } {
  const [ordinal = 0, round = 0] = customId.split('_').map(Number).reverse();
  return { round, ordinal };
}

/** The end of a ledger key, such as `1#000004`, for a custom id. */
export function keyOf(customId: string): string {
  const { round, ordinal } = placeOf(customId);
  return `${round}#${String(ordinal).padStart(6, '0')}`;
}
