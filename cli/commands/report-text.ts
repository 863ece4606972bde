import * as z from 'zod';
import { defaultLabel } from '../../lambdas/report/opinion-groups.ts';
import type { ReportsAnswer } from '../../lambdas/report/reports-answer.ts';
import { tally } from '../../lambdas/report/votes.ts';
import { unpack } from '../../lambdas/shared/packed.ts';
import type { Ledger } from '../../lambdas/stores/ledger.ts';
import { type CitedComment, markdownReport } from '../../local/output/markdown.ts';

const count = z.number();
const counts = z.tuple([count, count, count, count]);
const talliesSchema = z.array(z.object({ tid: count, all: counts, groups: z.array(counts) }));

/**
 * A report to read. Votes of the cited comments are shown as the model was shown them, where the ledger still has them;
 * their texts where the database was asked for them.
 * @param texts text of each comment by tid
 */
export async function reportMarkdown(
  ledger: Pick<Ledger, 'askedInRound'>,
  answer: ReportsAnswer,
  texts: ReadonlyMap<number, string>,
): Promise<string> {
  const comments = new Map<number, CitedComment>();
  let groups = 0;
  for await (const { tallies } of ledger.askedInRound(answer.current_job_id ?? '', 1)) {
    for (const { tid, all, groups: ofGroups } of talliesSchema.parse(JSON.parse(unpack(tallies)))) {
      const counted = [all, ...ofGroups].map(([, agrees, disagrees, passes]) => tally(agrees, disagrees, passes));
      comments.set(tid, { txt: texts.get(tid) ?? '', tallies: counted });
      groups = Math.max(groups, ofGroups.length);
    }
  }
  const sections = Object.values(answer.reports);
  const model = sections[0]?.model ?? 'an unnamed model';
  const about = {
    title: `Report ${answer.request_report_id}`,
    note: `Written by ${model} for job ${answer.current_job_id || 'without a name'}.`,
    figures: [`${sections.length} sections`, sections[0]?.timestamp ?? ''],
    groups: Array.from({ length: groups }, (_, gid) => defaultLabel(gid)),
    method: [],
  };
  return markdownReport(about, answer, comments);
}
