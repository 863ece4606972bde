import { APIConnectionError, APIError, type BaseAnthropic } from '@anthropic-ai/sdk';
import { apiWords, isApiBody } from '../shared/api-words.ts';
import {
  AnthropicRefused,
  AnthropicUnavailable,
  BatchNotFound,
  isFault,
  KeyRefused,
  NarrativesError,
} from '../shared/errors.ts';
import { plainLabel } from '../shared/plain-text.ts';
import { awsErrorOf, isOfCredentials, isThrottled } from './anthropic-aws.ts';

/**
 * The statuses by which a request is refused for good, and what to do about each. Every other status may pass. The API's messages
 * are shown, and not matched on.
 */
const ADVICE = new Map([
  [
    400,
    'in the Anthropic console, check billing (is there credit left?) and the limits of the account and workspace; ' +
      'if both are fine, the API does not accept the request: please report it as a bug of this project',
  ],
  [401, 'the API key is wrong: check the key in Secrets Manager or ANTHROPIC_API_KEY'],
  [402, 'the account cannot pay: check billing in the Anthropic console'],
  [
    403,
    "check the API key's workspace and permissions, and the limits of the account in the Anthropic console, and that its region is served",
  ],
  [404, 'nothing is found at this address: check ANTHROPIC_BASE_URL and the key’s workspace'],
  [405, 'check ANTHROPIC_BASE_URL'],
  [413, 'the batch is too large: lower max_batch_size'],
  [414, 'check ANTHROPIC_BASE_URL'],
  [415, 'please report it as a bug of this project'],
  [422, 'please report it as a bug of this project'],
]);

/** The same for a client that signs with the credentials of a role. */
const ADVICE_FOR_ROLE = new Map([
  ...ADVICE,
  [
    400,
    'check the workspace id, the subscription in AWS Marketplace, and the limits of the workspace in the Claude Console; ' +
      'if all are fine, the API does not accept the request: please report it as a bug of this project',
  ],
  [401, 'AWS does not accept the credentials or the signature: check the credentials, and the clock of this machine'],
  [402, 'the account cannot pay: check the subscription to Claude Platform on AWS in AWS Marketplace'],
  [
    403,
    'check that the role may use the workspace, that the AWS account is subscribed to Claude Platform on AWS, and that outbound ' +
      'web identity federation is on (aws iam enable-outbound-web-identity-federation)',
  ],
  [404, 'nothing is found at this address: check the workspace id, its region, and ANTHROPIC_BASE_URL'],
]);

/** What to do when a rate limit or another trouble does not pass. */
const PATIENCE = new Map([
  [429, ': a rate limit passes; a spend limit has to be raised in the Anthropic console'],
  [529, ': it is overloaded'],
]);

/** An error of the SDK as one of ours; it holds status, request id and the API's own words, never the request. */
export function translatedFor(client: BaseAnthropic, error: unknown, batchId?: string): unknown {
  if (error instanceof NarrativesError || isFault(error)) return error;
  if (error instanceof APIConnectionError) {
    // credentials that could not be had say so themselves
    if (error.cause instanceof NarrativesError) return error.cause;
    return new AnthropicUnavailable('the Anthropic API could not be reached', { cause: error });
  }
  // a body that was cut off, or is not JSON; its text may quote the answer, so only the name is shown
  if (!(error instanceof APIError))
    return new AnthropicUnavailable(`the Anthropic API's answer broke off (${(error as Error).name})`, {
      cause: error,
    });
  return ofAnswer(client, error, batchId);
}

/** An answer with an error status. */
function ofAnswer(client: BaseAnthropic, error: APIError, batchId: string | undefined): NarrativesError {
  const { status } = error;
  const options = { cause: error };
  const byRole = isSigning(client);
  const aws = byRole ? awsErrorOf(error) : undefined;
  const said = aws?.said ?? apiWords(error.error, client.apiKey)?.said;
  const requestId = plainLabel(error.requestID ?? error.headers?.get('x-amzn-requestid') ?? 'unknown');
  const where = `HTTP ${status ?? 'without status'}, request ${requestId}${said ? `, ${said}` : ''}`;
  const ofKey = status === 401 || (aws !== undefined && isOfCredentials(aws));
  const advice = (byRole ? ADVICE_FOR_ROLE : ADVICE).get(ofKey ? 401 : (status ?? 0));
  if (advice === undefined || (aws && isThrottled(aws))) {
    const retryAfterSeconds = retryAfter(error.headers?.get('retry-after'));
    const why = `the Anthropic API is not available now (${where})${PATIENCE.get(status ?? 0) ?? ''}`;
    return new AnthropicUnavailable(why, { ...options, retryAfterSeconds });
  }
  const refused = (message: string) =>
    ofKey ? new KeyRefused(message, options) : new AnthropicRefused(message, options);
  if (aws) return refused(`AWS refuses (${where}): ${advice}`);
  if (!isApiBody(error.error)) {
    const gateway = `${client.baseURL} refuses (${where}), and its answer is not one of the Anthropic API`;
    return refused(`${gateway}: check that ANTHROPIC_BASE_URL (anthropicBaseUrl) is right and what answers there`);
  }
  if (status === 404 && batchId) return notFound(batchId, where, byRole, options);
  return refused(`the Anthropic API refuses (${where}): ${advice}`);
}

/** Whether a client has no key, and signs its requests with the credentials of a role instead. */
const isSigning = (client: BaseAnthropic): boolean => client.apiKey === null;

function notFound(batchId: string, where: string, byRole: boolean, options: ErrorOptions): BatchNotFound {
  const [workspace, other] = byRole
    ? ['the workspace of this deployment', 'If it is in another workspace, deploy with the right workspaceId']
    : ['the workspace of the key', 'If the key belongs to another workspace, put the right one into the secret'];
  return new BatchNotFound(
    `the Anthropic API does not find batch ${batchId} (${where}): look it up in the Anthropic console, in ${workspace}. ` +
      `If it is there, run \`narratives redrive JOB_ID\`: it is collected, and not paid for again. ${other}, ` +
      'then redrive. Only if the batch was deleted, submit a new job, which pays again',
    options,
  );
}

/**
 * What a refusal is while a batch is known to exist: the API answers 404 for a live batch now and then, and a gateway's refusal
 * says nothing of the batch. Whoever waits for the batch decides when it counts.
 */
export function doubtful(error: unknown, trouble: unknown): unknown {
  if (!(trouble instanceof AnthropicRefused)) return trouble;
  const byGateway = !(trouble instanceof KeyRefused) && error instanceof APIError && !isApiBody(error.error);
  if (!(trouble instanceof BatchNotFound) && !byGateway) return trouble;
  return new AnthropicUnavailable(trouble.message, { cause: error, refusal: trouble });
}

/** Whether a call came too early, and was not taken: a rate limit of the API or of AWS. */
export function isTooEarly(error: unknown): boolean {
  if (!(error instanceof APIError)) return false;
  const { status = 0 } = error;
  const aws = awsErrorOf(error);
  return status === 429 || (status < 500 && aws !== undefined && isThrottled(aws));
}

/** `retry-after` in seconds; it may also be a date. */
function retryAfter(header: string | null | undefined): number | undefined {
  if (!header) return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1000);
}
