import { AnthropicUnavailable, BadInput, NarrativesError, StoreUnavailable } from '../lambdas/shared/errors.ts';

/** An option, an argument or the environment is missing or wrong. Exit code 2. */
export class UsageError extends NarrativesError {
  override readonly name = 'UsageError';
}

/** There is no usable deployment of this stage in this account and region. */
export class NotDeployed extends NarrativesError {
  override readonly name = 'NotDeployed';
}

/** The endpoint of AWS, or of an emulator, does not answer. */
export class EndpointDown extends NarrativesError {
  override readonly name = 'EndpointDown';
}

/** AWS does not accept the credentials, or does not allow the call. */
export class AccessRefused extends NarrativesError {
  override readonly name = 'AccessRefused';
}

/** AWS does not accept the credentials: every call fails. */
export class CredentialsRefused extends AccessRefused {}

/** AWS refused a call for another reason. */
export class AwsRefused extends NarrativesError {
  override readonly name = 'AwsRefused';
}

/** No row has this job id. */
export class UnknownJob extends BadInput {
  override readonly name = 'UnknownJob';
}

/** The report is not in the database, or nothing of it is stored. */
export class UnknownReport extends BadInput {
  override readonly name = 'UnknownReport';
}

/** A file, or what is stored, is no report that can be read. */
export class InvalidReport extends BadInput {
  override readonly name = 'InvalidReport';
}

/** The report already has a job that has not ended. */
export class JobActive extends BadInput {
  override readonly name = 'JobActive';
}

/** A job of the report would fail; nothing was put. */
export class WouldFail extends BadInput {
  override readonly name = 'WouldFail';
}

/** The job's status does not allow the command, or has changed in the meantime. */
export class WrongStatus extends BadInput {
  override readonly name = 'WrongStatus';
}

/** A secret, a key or a setting of the deployment is not what it should be. */
export class NotSetUp extends BadInput {
  override readonly name = 'NotSetUp';
}

/** PostgreSQL cannot be reached from this machine. */
export class DatabaseAway extends NarrativesError {
  override readonly name = 'DatabaseAway';
}

const UNREACHABLE = /ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPIPE|TimeoutError/;
const BAD_CREDENTIALS =
  /^(ExpiredToken|ExpiredTokenException|TokenRefreshRequired|InvalidClientTokenId|UnrecognizedClientException|InvalidSignatureException|SignatureDoesNotMatch|InvalidToken|IncompleteSignature.*)$/;
const DENIED = /AccessDenied|UnauthorizedOperation|AuthorizationError|NotAuthorized/;
const THROTTLED = /Throttl|TooManyRequests|RequestLimitExceeded/;

interface SdkError {
  name?: string;
  code?: string;
  message?: string;
  cause?: unknown;
  $metadata?: { httpStatusCode?: number };
}

/**
 * Any failure as an error of this project: one line that says what is wrong and what to do. A StoreUnavailable that an
 * AWS error has caused becomes that one, such as an endpoint that does not answer.
 * @param where the endpoint or region that was asked, for the line
 */
export function translated(error: unknown, where: string): NarrativesError {
  const aws = awsError(error, where);
  if (aws) return aws;
  if (error instanceof AnthropicUnavailable) {
    const todo = 'try again later, or check the network and ANTHROPIC_BASE_URL';
    return new AnthropicUnavailable(`${error.message}: ${todo}`, { cause: error });
  }
  if (error instanceof NarrativesError) {
    const behind = error instanceof StoreUnavailable && isOfAws(error.cause);
    return (behind && awsError(error.cause, where)) || error;
  }
  const { name = 'Error', message = '' } = (error ?? {}) as SdkError;
  return new AwsRefused(`${name}: ${firstLine(message) || 'no reason given'}`, { cause: error });
}

/** Every error of a call by the AWS SDK has metadata, and one of its credentials a name of its own; one of PostgreSQL has neither. */
export const isOfAws = (cause: unknown): boolean => {
  const { name, $metadata } = (cause ?? {}) as SdkError;
  return $metadata !== undefined || name === 'CredentialsProviderError';
};

function awsError(error: unknown, where: string): NarrativesError | undefined {
  if (error instanceof NarrativesError || typeof error !== 'object' || error === null) return undefined;
  const { name = '', code = '', message = '', $metadata } = error as SdkError;
  const options = { cause: error };
  if (message === 'Region is missing') {
    return new UsageError('no region is set: give --region, or set AWS_REGION or a region in the profile', options);
  }
  if (code === 'ERR_INVALID_URL') {
    return new UsageError(
      `${where} is not an address: --endpoint-url should be one such as http://localhost:4566`,
      options,
    );
  }
  if (name === 'CredentialsProviderError') {
    return new UsageError(
      `there are no usable AWS credentials (${firstLine(message)}): log in, or give --profile or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
      options,
    );
  }
  if (BAD_CREDENTIALS.test(name)) {
    return new CredentialsRefused(
      `AWS does not accept the credentials (${name}): they are expired or wrong; log in again`,
      options,
    );
  }
  if (DENIED.test(name)) {
    const action = /perform:? ([\w-]+:\w+)/.exec(message)?.[1] ?? 'this call';
    return new AccessRefused(`these credentials may not call ${action}: allow it, or use other credentials`, options);
  }
  if (UNREACHABLE.test(`${name} ${code}`)) {
    return new EndpointDown(
      `${where} does not answer (${code || name}): start it, or correct --endpoint-url, AWS_ENDPOINT_URL or the region`,
      options,
    );
  }
  if (THROTTLED.test(name)) return new EndpointDown(`${where} is throttling (${name}): try again in a minute`, options);
  if ($metadata?.httpStatusCode) {
    return new AwsRefused(
      `AWS refused the call (${name}): ${firstLine(message)}; narratives doctor may show why`,
      options,
    );
  }
  return undefined;
}

const firstLine = (text: string): string => (text.split('\n')[0] ?? '').slice(0, 300);
