import type { APIError, BaseAnthropic } from '@anthropic-ai/sdk';
import * as z from 'zod';
import { withoutSecrets } from '../shared/api-words.ts';
import { AnthropicUnavailable } from '../shared/errors.ts';
import { oneLine } from '../shared/plain-text.ts';

/** Keys of AWS, as a provider of the AWS SDK gives them. */
export type AwsCredentials = () => Promise<{
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}>;

/** A workspace of Claude Platform on AWS, and who calls it. */
export interface AwsWorkspace {
  workspaceId: string;
  /** the one region that the workspace belongs to */
  region: string;
  /** asked at every request, so that renewed ones are in use at once */
  credentials: AwsCredentials;
  /** undefined: the gateway of that region, whatever the environment says */
  baseURL?: string | undefined;
  /** for tests */
  fetch?: typeof fetch;
}

/**
 * The official client of Claude Platform on AWS: it signs every request (SigV4) with these credentials, and has no key. It takes long
 * to load, and few need it: a deployment with a key does not even have it in its bundles (lib/bundling.ts).
 */
export async function workspaceClient(workspace: AwsWorkspace): Promise<BaseAnthropic> {
  const { workspaceId, region, credentials, baseURL, fetch } = workspace;
  const { AnthropicAws } = await import('@anthropic-ai/aws-sdk');
  return new AnthropicAws({
    workspaceId,
    awsRegion: region,
    baseURL: baseURL ?? `https://aws-external-anthropic.${region}.api.aws`,
    // null: a key in the environment is not used
    apiKey: null,
    providerChainResolver: async () => () => credentials().catch(refuseWithout),
    ...(fetch ? { fetch } : {}),
  });
}

function refuseWithout(error: unknown): never {
  // what the sources of credentials say may quote a file or an address, so only the name is shown
  const why = error instanceof Error ? error.name : 'unknown reason';
  throw new AnthropicUnavailable(
    `there are no usable AWS credentials (${why}): log in again, or check the role of this function or machine`,
    { cause: error },
  );
}

/** An error in AWS' own format. */
export interface AwsError {
  /** its class, such as AccessDeniedException; '' where none is given */
  name: string;
  /** class and message on one line, without keys */
  said: string;
}

const MAX_WORDS = 300;
const className = z.string().regex(/^[\w.#:/-]{1,200}$/);
const awsBody = z.object({
  __type: className.optional().catch(undefined),
  code: className.optional().catch(undefined),
  message: z.string().optional().catch(undefined),
  Message: z.string().optional().catch(undefined),
});

/**
 * The error that AWS' gateway answers with, in the place of the API: its class is in a header, or in the body.
 * @returns undefined for an answer in another format
 */
export function awsErrorOf({ headers, error }: Pick<APIError, 'headers' | 'error'>): AwsError | undefined {
  const body = awsBody.safeParse(error).data;
  const given = headers?.get('x-amzn-errortype') ?? body?.__type ?? body?.code;
  // `namespace#Class:http://address` is how AWS' protocols may write it
  const name = given?.replace(/:.*$/s, '').replace(/^.*[#.]/s, '') ?? '';
  // below its first line, the message about a wrong signature quotes the request, session token included
  const [message = ''] = (body?.message ?? body?.Message ?? '').split('\n');
  const said = [name, message].filter(Boolean).join(': ');
  return said ? { name, said: oneLine(withoutSecrets(said), MAX_WORDS).trim() } : undefined;
}

/** Classes that say that the credentials, or what was signed with them, are not accepted: fresh ones may be. */
const OF_CREDENTIALS = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'IncompleteSignature',
  'IncompleteSignatureException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'InvalidToken',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'RequestExpired',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);

/** Classes that say that the call came too early, with whatever status. */
const THROTTLED = new Set([
  'RequestLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
]);

export const isOfCredentials = ({ name }: AwsError): boolean => OF_CREDENTIALS.has(name);
export const isThrottled = ({ name }: AwsError): boolean => THROTTLED.has(name);
