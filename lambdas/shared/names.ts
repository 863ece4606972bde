import { createHash } from 'node:crypto';

/**
 * Every name this project makes for something outside itself: custom ids, execution names, section names, keys of the
 * ledger and of the reports table. All are pure functions of the job, so that the same work done twice has the same names.
 */
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** First 16 hex digits of the job id's SHA-256: marks a custom id as this job's. */
export const jobMark = (jobId: string): string => sha256(jobId).slice(0, 16);

/** `custom_id` of one request: `{job mark}_{round}_{ordinal}`, at most 64 characters of `[a-zA-Z0-9_-]`. */
export const customId = (jobId: string, round: number, ordinal: number): string =>
  `${jobMark(jobId)}_${round}_${ordinal}`;

/** A reader of one job's custom ids: the round and ordinal that one names, or undefined when it is not this job's. */
export function customIdReader(jobId: string): (id: string) => { round: number; ordinal: number } | undefined {
  // hashed once: results hold up to 10,000 of them
  const mark = jobMark(jobId);
  return (id) => {
    const match = /^([0-9a-f]{16})_([1-9]\d{0,5})_(0|[1-9]\d{0,5})$/.exec(id);
    return match?.[1] === mark ? { round: Number(match[2]), ordinal: Number(match[3]) } : undefined;
  };
}

/** The custom id today's Python pipeline sends: `{conversation_id}_{section}` cut to 64 characters. */
export const legacyCustomId = (conversationId: string, section: string): string =>
  `${conversationId}_${section}`.slice(0, 64);

/**
 * Step Functions execution name of one version of a job row: unique, at most 80 characters.
 * @param stage of the deployment, so that two stages on one job table never take each other for themselves
 */
export function executionName(jobId: string, version: number, stage = ''): string {
  const tail = `-v${version}${stage ? `-${stage}` : ''}`;
  const name = `${jobId}${tail}`;
  if (/^[A-Za-z0-9_-]{1,80}$/.test(name)) return name;
  const mark = `-${jobMark(jobId)}${tail}`;
  const readable = jobId.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, Math.min(40, 80 - mark.length));
  return `${readable}${mark}`;
}

/**
 * Whether a `worker_id` is the name of an execution that this deployment started, or would start, for a job.
 * @param stage of this deployment: rows of another stage, and of pollers, are not ours
 */
export function isExecutionName(workerId: string, jobId: string, stage = ''): boolean {
  const tail = stage ? `-${stage}` : '';
  if (!workerId.endsWith(tail)) return false;
  const version = /-v(0|[1-9]\d{0,14})$/.exec(workerId.slice(0, workerId.length - tail.length))?.[1];
  return version !== undefined && executionName(jobId, Number(version), stage) === workerId;
}

/** ARN of an execution of a state machine, by its name. */
export const executionArn = (stateMachineArn: string, name: string): string =>
  `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;

/** The section name of a topic: its `topic_key` with `#` turned into `_`. */
export const topicSection = (topicKey: string): string => topicKey.replaceAll('#', '_');

export const GLOBAL_SECTIONS = ['groups', 'group_informed_consensus', 'uncertainty'] as const;
export type GlobalSection = (typeof GLOBAL_SECTIONS)[number];

/** The section name of a global section: the web client looks for the first 8 characters of the job id. */
export const globalSection = (jobId: string, kind: GlobalSection): string => `${jobId.slice(0, 8)}_global_${kind}`;

/** Hash key of the reports table; the server splits it on `#`. */
export const ridSectionModel = (reportId: string, section: string, model: string): string =>
  `${reportId}#${section}#${model}`;

const pad = (ordinal: number): string => String(ordinal).padStart(6, '0');

/** Range keys of the ledger. Ordinals are padded so that a query returns them in order. */
export const entry = {
  plan: 'plan',
  section: (ordinal: number) => `section#${pad(ordinal)}`,
  sections: 'section#',
  prompt: (ordinal: number) => `prompt#${pad(ordinal)}`,
  prompts: 'prompt#',
  round: (round: number) => `round#${round}`,
  asked: (round: number, ordinal: number) => `asked#${round}#${pad(ordinal)}`,
  askedAll: 'asked#',
  answered: (round: number, ordinal: number) => `answered#${round}#${pad(ordinal)}`,
  answeredInRound: (round: number) => `answered#${round}#`,
  answeredAll: 'answered#',
  batch: (round: number, part: number) => `batch#${round}#${pad(part)}`,
  batchesInRound: (round: number) => `batch#${round}#`,
  batches: 'batch#',
  unfiled: (round: number, mark: string) => `unfiled#${round}#${mark}`,
  unfiledInRound: (round: number) => `unfiled#${round}#`,
  unfiledAll: 'unfiled#',
  spend: (round: number) => `spend#${round}`,
} as const;

/** Key of the ledger's row that adds up what jobs may cost on one UTC day. @param day YYYY-MM-DD */
export const spendDayKey = (day: string): { job_id: string; entry: string } => ({
  job_id: `spend:${day}`,
  entry: 'total',
});

/** The ordinal at the end of a `section#`, `prompt#` or `answered#` key. */
export const ordinalOf = (key: string): number => Number(key.slice(key.lastIndexOf('#') + 1));

/** The round and ordinal in an `answered#` key; of an `unfiled#` key, which has no ordinal, only the round. */
export function placeOf(key: string): { round: number; ordinal: number } {
  const [, round, ordinal] = key.split('#').map(Number);
  return { round: round ?? 0, ordinal: ordinal ?? 0 };
}

/** Short mark of any text, used to name an answer that carries no usable custom id. */
export const textMark = (text: string): string => sha256(text).slice(0, 24);

/** Names a question: SHA-256, in hex, of all that decides its answer. */
export const promptHash = (
  made: { model: string; prompt_version: string; schema_version: number },
  ...texts: string[]
) => sha256([made.model, made.prompt_version, made.schema_version, ...texts].join('\u0000'));

/** Key of the ledger's row that names the newest good answer to a question. @param hash see `promptHash` */
export const answerKey = (hash: string): { job_id: string; entry: string } => ({
  job_id: `answer:${hash}`,
  entry: 'answer',
});

/** Hash key of the ledger's rows that say how well the cache served a model. */
export const cacheKey = (model: string): string => `cache:${model}`;
/** Key of the ledger's row for one round's use of the cache. @param plannedAt ISO 8601: the newest round comes last */
export const cacheUseKey = (model: string, plannedAt: string, jobId: string, round: number) => ({
  job_id: cacheKey(model),
  entry: `${plannedAt}#${jobId}#${round}`,
});
/** Key of the ledger's row that names the job whose turn it is to write a report. */
export const turnKey = (reportId: string): { job_id: string; entry: string } => ({
  job_id: `report:${reportId}`,
  entry: 'turn',
});

/**
 * Job id of the `AWAITING_NARRATIVE_BATCH` row of one batch; the first keeps today's form.
 * @param plannedAt the job's one timestamp, ISO 8601: the id stays the same however often the batch is settled
 */
export function awaitingJobId(jobId: string, plannedAt: string, round: number, part: number): string {
  const seconds = Math.floor(Date.parse(plannedAt) / 1000);
  const first = round === 1 && part === 0;
  return `batch_check_${jobId}_${seconds}${first ? '' : `_r${round}p${part}`}`;
}
