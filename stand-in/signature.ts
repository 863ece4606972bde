import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { GatewayError, invalidRequest } from './http.ts';

/** Who is let in by a stand-in of Claude Platform on AWS: the holder of these keys, in one workspace. */
export interface SignedAccess {
  workspaceId: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

/** A request as it came over the wire. */
export interface SignedRequest {
  method: string;
  /** path and query, as they were sent */
  url: string;
  /** by lower-case name */
  headers: Record<string, string | string[] | undefined>;
  body: Uint8Array;
}

const SERVICE = 'aws-external-anthropic';
const ALGORITHM = 'AWS4-HMAC-SHA256';
/** How far the clock of a caller may be off. */
const MAX_SKEW_MS = 5 * 60_000;

/** What a signature has to cover, besides the body, so that nobody on the way can change it. */
const MUST_BE_SIGNED = ['host', 'x-amz-date', 'anthropic-workspace-id'];

/**
 * Checks a request as the gateway of Claude Platform on AWS does: signed for its region and service, with these keys, now, and for
 * the right workspace. It takes no key of the Anthropic API beside a signature.
 * @param now ms since the epoch, by the clock that callers sign with
 * @throws GatewayError 403 with the class that AWS gives it; ApiError 400 without a workspace
 */
export function checkSignature(request: SignedRequest, access: SignedAccess, now: number): void {
  const { headers } = request;
  if (headers['x-api-key'] !== undefined) throw invalidRequest('x-api-key: must not be sent with a signature');
  const { accessKeyId, date, scope, signedHeaders, signature } = parseAuthorization(textOf(headers.authorization));
  const { credentials, region, workspaceId } = access;
  if (accessKeyId !== credentials.accessKeyId || textOf(headers['x-amz-security-token']) !== credentials.sessionToken)
    throw denied('UnrecognizedClientException', 'The security token included in the request is invalid.');
  const timestamp = textOf(headers['x-amz-date']) ?? '';
  if (!(Math.abs(timeOf(timestamp) - now) <= MAX_SKEW_MS) || !timestamp.startsWith(date))
    throw denied('InvalidSignatureException', 'Signature expired, or not yet current');
  if (scope !== `${date}/${region}/${SERVICE}/aws4_request`)
    throw denied('InvalidSignatureException', 'Credential should be scoped to a valid region and service.');
  const needed = credentials.sessionToken === undefined ? MUST_BE_SIGNED : [...MUST_BE_SIGNED, 'x-amz-security-token'];
  const unsigned = needed.filter((name) => headers[name] !== undefined && !signedHeaders.includes(name));
  if (unsigned.length > 0) throw denied('InvalidSignatureException', `must be signed: ${unsigned.join(', ')}`);
  const expected = signatureOf(request, signedHeaders, { timestamp, scope, secret: credentials.secretAccessKey });
  const [a, b] = [Buffer.from(expected), Buffer.from(signature)];
  if (a.length !== b.length || !timingSafeEqual(a, b))
    throw denied(
      'InvalidSignatureException',
      'The request signature we calculated does not match the signature you provided.',
    );
  checkWorkspace(textOf(headers['anthropic-workspace-id']), workspaceId);
}

function checkWorkspace(given: string | undefined, workspaceId: string): void {
  if (given === undefined) throw invalidRequest('anthropic-workspace-id: header is required');
  if (given === workspaceId) return;
  throw denied('AccessDeniedException', `not authorized to use the workspace ${given}`);
}

const denied = (name: string, message: string) => new GatewayError(403, name, message);

const textOf = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(',') : value;

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/\s]+)\/((\d{8})\/[^,\s]+),\s*SignedHeaders=([\w;-]+),\s*Signature=([0-9a-f]{64})$/;

function parseAuthorization(header: string | undefined) {
  if (header === undefined) throw denied('MissingAuthenticationTokenException', 'Missing Authentication Token');
  const [, accessKeyId = '', scope = '', date = '', names = '', signature = ''] = AUTHORIZATION.exec(header) ?? [];
  if (signature === '')
    throw denied('IncompleteSignatureException', `Authorization header requires ${ALGORITHM} and its parts`);
  return { accessKeyId, scope, date, signedHeaders: names.split(';'), signature };
}

/** `20261122T101112Z` in ms since the epoch. */
const timeOf = (timestamp: string): number =>
  Date.parse(timestamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));

/**
 * The signature that a request should have, in hex.
 * Source: AWS IAM User Guide, "Create a signed AWS API request" (Signature Version 4).
 */
export function signatureOf(
  request: SignedRequest,
  signedHeaders: readonly string[],
  { timestamp, scope, secret }: { timestamp: string; scope: string; secret: string },
): string {
  const toSign = [ALGORITHM, timestamp, scope, sha256(canonicalRequest(request, signedHeaders))].join('\n');
  // the scope is date/region/service/aws4_request, and each of them goes into the key
  const key = scope.split('/').reduce<string | Buffer>((parent, part) => hmac(parent, part), `AWS4${secret}`);
  return hmac(key, toSign).toString('hex');
}

function canonicalRequest({ method, url, headers, body }: SignedRequest, signedHeaders: readonly string[]): string {
  const [path = '/', query = ''] = url.split(/\?(.*)/s);
  const lines = signedHeaders.map((name) => `${name}:${(textOf(headers[name]) ?? '').trim().replace(/\s+/g, ' ')}\n`);
  // encoded once more than it was sent, as every service but S3 wants it
  const canonicalPath = path.split('/').map(encoded).join('/');
  return [method, canonicalPath, canonicalQuery(query), lines.join(''), signedHeaders.join(';'), sha256(body)].join(
    '\n',
  );
}

function canonicalQuery(query: string): string {
  const pairs = [...new URLSearchParams(query)].map((pair) => pair.map(encoded));
  // by name, then by value: `a` comes before `a-`, although `a=` comes after `a-=`
  const before = ([a = '', x = '']: string[], [b = '', y = '']: string[]) => order(a, b) || order(x, y);
  return pairs
    .sort(before)
    .map((pair) => pair.join('='))
    .join('&');
}

/** By code units, as AWS wants it, and not as a language sorts. */
const order = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** As RFC 3986 encodes: also what encodeURIComponent leaves as it is. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
