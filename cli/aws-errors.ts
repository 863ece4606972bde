import { AnthropicUnavailable, NarrativesError } from '../lambdas/shared/errors.ts';
import { AccessRefused, AwsRefused, EndpointDown, WrongUse } from './errors.ts';

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
 * Any failure as an error of this project: one line that names the thing and what to do. A StoreUnavailable is looked
 * through: behind it may stand an endpoint that is not up.
 * @param where the endpoint or region that was asked, for the line
 */
export function translated(error: unknown, where: string): NarrativesError {
  const aws = awsError(error, where);
  if (aws) return aws;
  if (error instanceof AnthropicUnavailable) {
    const todo = 'try again later, or correct the way there (network, ANTHROPIC_BASE_URL)';
    return new AnthropicUnavailable(`${error.message}: ${todo}`, { cause: error });
  }
  if (error instanceof NarrativesError) {
    const behind = error.cause === undefined ? undefined : awsError(error.cause, where);
    return behind && error.name === 'StoreUnavailable' && !/PostgreSQL/.test(error.message) ? behind : error;
  }
  const { name = 'Error', message = '' } = (error ?? {}) as SdkError;
  return new AwsRefused(`${name}: ${firstLine(message) || 'no reason given'}`, { cause: error });
}

function awsError(error: unknown, where: string): NarrativesError | undefined {
  if (error instanceof NarrativesError || typeof error !== 'object' || error === null) return undefined;
  const { name = '', code = '', message = '', $metadata } = error as SdkError;
  const options = { cause: error };
  if (message === 'Region is missing') {
    return new WrongUse('no region is set: give --region, or set AWS_REGION or a region in the profile', options);
  }
  if (code === 'ERR_INVALID_URL') {
    return new WrongUse(`${where} is no address: --endpoint-url wants one such as http://localhost:4566`, options);
  }
  if (name === 'CredentialsProviderError') {
    return new WrongUse(
      `there are no usable AWS credentials (${firstLine(message)}): log in, or give --profile or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
      options,
    );
  }
  if (BAD_CREDENTIALS.test(name)) {
    return new AccessRefused(
      `AWS does not accept the credentials (${name}): they are expired or wrong; log in again`,
      options,
    );
  }
  if (DENIED.test(name)) {
    const action = /perform:? ([\w-]+:\w+)/.exec(message)?.[1] ?? 'this call';
    return new AccessRefused(`these credentials may not do ${action}: allow it to them, or use others`, options);
  }
  if (UNREACHABLE.test(`${name} ${code}`)) {
    return new EndpointDown(
      `${where} does not answer (${code || name}): start it, or correct --endpoint-url, AWS_ENDPOINT_URL or the region`,
      options,
    );
  }
  if (THROTTLED.test(name)) return new EndpointDown(`${where} is throttling (${name}): try again in a minute`, options);
  if ($metadata?.httpStatusCode) {
    return new AwsRefused(`AWS refuses (${name}): ${firstLine(message)}; narratives doctor may tell why`, options);
  }
  return undefined;
}

const firstLine = (text: string): string => (text.split('\n')[0] ?? '').slice(0, 300);
