import { checkToday } from '../lambdas/job/budget.ts';
import { parseJobConfig } from '../lambdas/job/config.ts';
import { planJob } from '../lambdas/job/plan.ts';
import { type BatchReportsRequest, serverJob } from '../lambdas/job/put.ts';
import { usdOrNull } from '../lambdas/money/money.ts';
import { AnthropicRefused, BadInput, UnknownModel } from '../lambdas/shared/errors.ts';
import { jobRowSchema } from '../lambdas/shared/job-row.ts';
import { ledgerTable } from '../lambdas/stores/ledger.ts';
import { spendingTable } from '../lambdas/stores/spending.ts';
import { topicTables } from '../lambdas/stores/topics.ts';
import { TABLE_NAMES } from '../lib/names.ts';
import type { Context } from './command.ts';
import { askDatabase, openAnthropic } from './connections.ts';
import { translated, UnknownReport, UsageError, WouldFail } from './errors.ts';
import { plainLine } from './print.ts';

/** What a job would do and cost, as far as it is known before it is put. */
export interface Forecast {
  report_id: string;
  model: string;
  sections: { section: string; title: string; reused: boolean }[];
  left_out: string[];
  reused: number;
  /** sections that would be asked for; the very same question is asked once */
  to_buy: number;
  input_tokens: number;
  /** null when the price list does not know the model */
  /** with what later rounds are expected to add */
  expected_usd: number | null;
  later_rounds_usd: number | null;
  most_usd: number | null;
  reused_saved_usd: number | null;
  /** what could not be checked from this machine */
  not_checked: string[];
}

/** The rows of a plan that is not kept need no time to live. */
const NO_DAYS = 0;

/**
 * Plans a job as its first step would, and writes nothing.
 * @param zid of the conversation, if it was given; the report has to be of this one
 * @param otherwise what else can be done where the database cannot be reached
 * @throws WouldFail when the job would fail; UnknownReport; DatabaseAway
 */
export async function forecastOf(
  context: Context,
  request: BatchReportsRequest,
  zid: string | undefined,
  otherwise = '',
): Promise<Forecast> {
  const { report_id } = request;
  const { cloud, io } = context;
  const deployment = await context.deployment();
  const model = request.model ?? deployment.DefaultModel;
  const not_checked: string[] = [];
  // the deployment's other limits are known to its functions only
  const settings = {
    jobBudget: undefined,
    dayBudget: deployment.DayBudgetUsd,
    unpricedModels: [model],
    defaultModel: deployment.DefaultModel,
    modelAliases: deployment.ModelAliases ?? new Map(),
    claims: deployment.Claims !== 'off',
    claimsReadBack: deployment.ClaimsReadBack === 'true',
    // a person has named the model, and is told
    unknownModel: 'refuse' as const,
  };
  const spending = spendingTable(cloud.db, deployment.LedgerTableName);
  return askDatabase(
    context,
    async (conversations) => {
      const report = await conversations.report(report_id);
      if (!report) throw new UnknownReport(`there is no report ${report_id} in the database: check REPORT_ID`);
      const conversation_id = zid ?? String(report.zid);
      const row = jobRowSchema.parse(serverJob({ ...request, conversation_id, model }, io.now(), '00000000'));
      const topicsOf = { names: TABLE_NAMES.topicNames, assignments: TABLE_NAMES.clusterAssignments };
      const deps = {
        conversations,
        topics: topicTables(cloud.db, topicsOf),
        ledger: ledgerTable(cloud.db, deployment.LedgerTableName),
        batches: { knowsModel: (name: string) => knowsModel(context, name, not_checked) },
        settings: { ...settings, ledgerDays: NO_DAYS },
        now: io.now,
      };
      try {
        const planned = await planJob(deps, row, parseJobConfig(row.job_config, model));
        await checkToday({ spending, settings, now: io.now }, planned.estimate.most_micro_usd);
        return forecast(planned, not_checked);
      } catch (error) {
        throw wouldFail(error, report_id, model);
      }
    },
    otherwise,
  );
}

/** Whether the API knows a model; true, with a remark, where this machine cannot ask it. */
async function knowsModel(context: Context, model: string, notChecked: string[]): Promise<boolean> {
  try {
    return await (await openAnthropic(context)).knowsModel(model);
  } catch (error) {
    const known = translated(error, context.cloud.where);
    if (known instanceof BadInput || known instanceof AnthropicRefused || known instanceof UsageError) throw known;
    notChecked.push(`whether the Anthropic API knows the model (${known.message})`);
    return true;
  }
}

/** What planning was refused for, in the words of this command. */
function wouldFail(error: unknown, reportId: string, model: string): unknown {
  if (error instanceof UnknownModel)
    return new WouldFail(`the Anthropic API does not know the model "${model}": choose another with --model`, {
      cause: error,
    });
  if (!(error instanceof BadInput) && !(error instanceof AnthropicRefused)) return error;
  return new WouldFail(`a job of report ${reportId} would fail (${error.name}): ${error.message}`, { cause: error });
}

const forecast = (
  { plan, sections, requests, estimate, reusedSaved }: Awaited<ReturnType<typeof planJob>>,
  not_checked: string[],
): Forecast => ({
  report_id: plan.report_id,
  model: plan.model,
  sections: sections.map(({ section, title, reused }) => ({ section, title, reused: reused !== undefined })),
  left_out: (plan.left_out ?? []).map(({ title }) => title),
  reused: sections.filter(({ reused }) => reused !== undefined).length,
  to_buy: requests.length,
  input_tokens: estimate.input_tokens,
  expected_usd: usdOrNull(estimate.expected_micro_usd),
  later_rounds_usd: usdOrNull(estimate.later_rounds_micro_usd),
  most_usd: usdOrNull(estimate.most_micro_usd),
  reused_saved_usd: usdOrNull(reusedSaved),
  not_checked,
});

const usd = (amount: number): string => `$${amount.toFixed(4)}`;

/** A forecast, a line for each section. */
export function forecastText(forecast: Forecast): string {
  const { report_id, model, sections, left_out, reused, to_buy, expected_usd, most_usd, not_checked } = forecast;
  const saved = forecast.reused_saved_usd;
  const later = forecast.later_rounds_usd ? ` (${usd(forecast.later_rounds_usd)} of it in later rounds)` : '';
  const price =
    expected_usd === null || most_usd === null
      ? 'the price list does not know the model: the job is refused unless --allow-unpriced or the deployment allows it'
      : `about ${usd(expected_usd)}${later}, at most ${usd(most_usd)} for the first round`;
  return [
    `report ${report_id} would have ${sections.length} sections, written by ${model}`,
    ...sections.map(
      ({ section, title, reused: is }) => `  ${is ? 'reused' : 'to buy'}  ${plainLine(title)} (${plainLine(section)})`,
    ),
    ...(left_out.length > 0
      ? [`left out because no comment belongs to them: ${left_out.map(plainLine).join('; ')}`]
      : []),
    ...(reused > 0 ? [`${reused} are unchanged and reused${saved === null ? '' : `, which saves ${usd(saved)}`}`] : []),
    to_buy > 0
      ? `${to_buy} to buy, about ${forecast.input_tokens.toLocaleString('en')} input tokens: ${price}`
      : 'nothing to buy',
    ...not_checked.map((what) => `not checked: ${what}`),
    'nothing was written or sent',
  ].join('\n');
}
