import { existsSync, readFileSync, statSync } from 'node:fs';
import * as z from 'zod';
import { FAILURES } from '../lambdas/report/claims/check.ts';
import { claimCode } from '../lambdas/report/claims/claim.ts';
import { type Context, command, type Shown, text } from './command.ts';
import { InvalidReport, UsageError } from './errors.ts';
import { figuresOf, holds, type Proof, proveReport } from './verify/proof.ts';
import { type ReadReport, readReport, readReportFile } from './verify/read-report.ts';
import { recount } from './verify/recount.ts';
import { proofText } from './verify/text.ts';

/** More than the largest report, and less than what fits into memory. */
const MAX_BYTES = 200 * 2 ** 20;
const REPORT_ID = /^[\w-]{1,300}$/;

export const verify = command({
  name: 'verify',
  description: 'prove every claim of a report again, from the votes in it or from a Polis export',
  argument: ['<FILE_OR_REPORT_ID>', 'file of a report (JSON or HTML), which needs no AWS; or id of a stored report'],
  options: [['--export <path>', 'count the votes anew from this export of Polis, a folder or a zip file']],
  input: z.object({ fileOrReportId: text, export: text.optional() }),
  async runHere({ fileOrReportId: file, export: from }) {
    if (from !== undefined && !existsSync(from)) throw new UsageError(`--export ${from} does not exist`);
    if (existsSync(file)) return proven(readReportFile(readText(file), file), from);
    if (REPORT_ID.test(file)) return undefined;
    throw new UsageError(`${file} does not exist, and is no report id such as r2abcd`);
  },
  async run(context, { fileOrReportId: reportId, export: from }) {
    return proven(await storedReport(context, reportId), from);
  },
});

/** @throws UsageError when it cannot be read as a file */
function readText(file: string): string {
  try {
    const stat = statSync(file);
    if (!stat.isFile()) throw new UsageError(`${file} is not a file`);
    if (stat.size > MAX_BYTES)
      throw new UsageError(`${file} is too large for a report: more than ${MAX_BYTES / 2 ** 20} MB`);
    // a byte order mark is left out
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw new InvalidReport(`${file} is not UTF-8, or damaged`, { cause: error });
    throw new UsageError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
}

/** The newest run of a report. Loaded only here: who checks a file needs no AWS client. */
async function storedReport({ cloud, deployment }: Context, reportId: string): Promise<ReadReport> {
  const { ReportsTableName } = await deployment();
  const [{ reportAnswer }, { storedReports }] = await Promise.all([
    import('./report.ts'),
    import('../lambdas/stores/reports.ts'),
  ]);
  const answer = await reportAnswer((id) => storedReports(cloud.db, ReportsTableName, id), reportId, undefined);
  return readReport(answer, `report ${reportId}`);
}

async function proven(report: ReadReport, from: string | undefined): Promise<Shown> {
  const counted = from === undefined ? undefined : await recount(from);
  const proof = proveReport(report, counted);
  const { reportId } = report;
  const warnings = counted?.warnings ?? [];
  return {
    value: { report_id: reportId, ...proofValue(proof), warnings },
    text: proofText(proof, { reportId, counted: counted !== undefined, warnings }),
    exitCode: holds(proof) ? 0 : 1,
  };
}

/** A proof for `--json`, without any text of the report. */
function proofValue(proof: Proof) {
  const { checked, notChecked, noText, differences, groupsLeftOut, changed } = proof;
  const failures = checked.flatMap(({ section, clauses }) =>
    clauses.flatMap(({ paragraph, sentence, clause, clauseOf: { claim, citations }, failure, figures }) =>
      failure
        ? [
            {
              section,
              paragraph: paragraph + 1,
              sentence: sentence + 1,
              clause: clause + 1,
              claim: claim ? claimCode(claim) : null,
              citations,
              failure,
              why: FAILURES[failure],
              figures,
            },
          ]
        : [],
    ),
  );
  return {
    holds: holds(proof),
    sections: { checked: checked.map(({ section }) => section), not_checked: notChecked, no_text: noText },
    figures: figuresOf(proof),
    failures,
    differences,
    groups_left_out: groupsLeftOut,
    changed: changed ?? null,
  };
}
