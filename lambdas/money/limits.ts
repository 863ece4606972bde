import { BadInput } from '../shared/errors.ts';
import { type MicroUsd, usdText } from './money.ts';

/** Why a job or a later round of it is not sent: it may cost more than a budget allows, or nobody can say what it costs. */
export type Refusal =
  | { kind: 'unpriced'; model: string }
  /** `spent` on earlier rounds of the job; undefined when that is not known */
  | { kind: 'job'; most: MicroUsd; spent: MicroUsd | undefined; budget: MicroUsd }
  /** `committed` by everything else that is sent on that UTC day */
  | { kind: 'day'; most: MicroUsd; committed: MicroUsd; budget: MicroUsd; day: string };

/**
 * Checks what is to be sent against the budget of the job.
 * @returns undefined when it may be sent
 */
export function jobRefusal(asked: {
  model: string;
  /** undefined when the price list does not know the model */
  most: MicroUsd | undefined;
  /** undefined when not known */
  spent: MicroUsd | undefined;
  budget: MicroUsd | undefined;
  unpricedAllowed: boolean;
}): Refusal | undefined {
  const { model, most, spent, budget } = asked;
  if (most === undefined) return asked.unpricedAllowed ? undefined : { kind: 'unpriced', model };
  if (budget === undefined || (spent !== undefined && spent + most <= budget)) return undefined;
  return { kind: 'job', most, spent, budget };
}

/** The settings of a deployment that a refusal names. */
const SETTINGS = { unpriced: 'unpricedModels', job: 'jobBudgetUsd', day: 'dayBudgetUsd' } as const;

/** A job is refused before anything is spent. */
export class OverBudget extends BadInput {
  override readonly name = 'OverBudget';
  readonly refusal: Refusal;

  /** @param settings what the settings are called where the job runs */
  constructor(refusal: Refusal, settings: Record<Refusal['kind'], string> = SETTINGS, options?: ErrorOptions) {
    super(`${refusalText(refusal, 'the job')}: ${whatToDo(refusal, settings)}`, options);
    this.refusal = refusal;
  }
}

/** A refusal in words. @param subject what would have been sent */
export function refusalText(refusal: Refusal, subject: string): string {
  if (refusal.kind === 'unpriced')
    return `the price list does not know the model "${refusal.model}", so no budget can count what ${subject} costs`;
  const most = `${subject} could cost up to ${usdText(refusal.most)}`;
  const budget = usdText(refusal.budget);
  if (refusal.kind === 'job')
    return `${most}${afterSpending(refusal.spent)}, which is over the job budget of ${budget}`;
  return `${most}, and ${usdText(refusal.committed)} of the day budget of ${budget} is already spent or reserved on ${refusal.day}`;
}

function afterSpending(spent: MicroUsd | undefined): string {
  if (spent === 0) return '';
  return ` after ${spent === undefined ? 'an unknown sum' : usdText(spent)} was spent`;
}

const FEWER_LAYERS = 'set "layers" in job_config to fewer topic layers';

function whatToDo(refusal: Refusal, settings: Record<Refusal['kind'], string>): string {
  const setting = settings[refusal.kind];
  if (refusal.kind === 'unpriced')
    return `name a priced model, or allow this one with the setting ${setting} or "allow_unpriced": true in job_config`;
  if (refusal.kind === 'job') return `raise the budget (${setting}), or ${FEWER_LAYERS}`;
  const then = refusal.most > refusal.budget ? FEWER_LAYERS : 'redrive the job after midnight UTC';
  return `raise the day budget (${setting}), or ${then}`;
}
