import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkSignature, type SignedRequest, signatureOf } from '../../../stand-in/signature.ts';
import { requests, start } from '../../support/stand-in.ts';
import { clientOf, sentAs, WORKSPACE } from '../../support/workspace.ts';

const { credentials, region, workspaceId } = WORKSPACE;

/** SHA-256, or HMAC with it, in the form that the AWS SDK's signer wants. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as string);
  }
  update(data: Uint8Array | string) {
    this.#hash.update(data);
  }
  async digest() {
    return new Uint8Array(this.#hash.digest());
  }
}

describe('a signature', () => {
  test('is the one that AWS shows in its example', () => {
    const request: SignedRequest = {
      method: 'GET',
      url: '/?Action=ListUsers&Version=2010-05-08',
      headers: {
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
        host: 'iam.amazonaws.com',
        'x-amz-date': '20150830T123600Z',
      },
      body: Buffer.alloc(0),
    };
    const signing = {
      timestamp: '20150830T123600Z',
      scope: '20150830/us-east-1/iam/aws4_request',
      secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    };
    expect(signatureOf(request, ['content-type', 'host', 'x-amz-date'], signing)).toBe(
      '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
    );
  });

  const word = fc.string({ unit: fc.constantFrom(..."abcXYZ019-_.~ !'()*%+é/"), minLength: 1, maxLength: 12 });
  const segment = fc.string({ unit: fc.constantFrom(..."abcXYZ019-_~ !'()*é"), minLength: 1, maxLength: 12 });

  test('is the one of the AWS SDK’s own signer, for any request', async () => {
    const signer = new SignatureV4({ credentials, region, service: 'aws-external-anthropic', sha256: Sha256 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'DELETE'),
        fc.array(segment, { maxLength: 4 }),
        fc.dictionary(word, word, { maxKeys: 4, noNullPrototype: true }),
        fc.dictionary(fc.constantFrom('anthropic-version', 'x-one', 'x-two'), word, { noNullPrototype: true }),
        fc.string({ maxLength: 200 }),
        async (method, segments, query, more, body) => {
          const path = `/${segments.map(encodeURIComponent).join('/')}`;
          const headers = { host: '127.0.0.1:8080', 'anthropic-workspace-id': workspaceId, ...more };
          const signed = await signer.sign({
            method,
            protocol: 'http:',
            hostname: '127.0.0.1',
            path,
            query,
            headers,
            body,
          });
          const search = Object.entries(query).map((pair) => pair.map(encodeURIComponent).join('='));
          const url = search.length > 0 ? `${path}?${search.join('&')}` : path;
          checkSignature({ method, url, headers: signed.headers, body: Buffer.from(body) }, WORKSPACE, Date.now());
        },
      ),
      // `a` comes before `a-`, although `a=` comes after `a-=`
      { numRuns: 200, examples: [['GET', [], { a: '1', 'a-': '2' }, {}, '']] },
    );
  });
});

describe('the gateway', () => {
  let good: SignedRequest;
  beforeAll(async () => {
    const standIn = await start({
      apiKey: WORKSPACE,
      onRequest: ({ method = '', url = '', headers }) => {
        good = { method, url, headers, body: Buffer.alloc(0) };
      },
    });
    const client = await clientOf(standIn.url);
    expect(await client.get('/v1/messages/batches', { query: { limit: 3, after_id: undefined } })).toMatchObject({
      data: [],
    });
  });

  test('lets in what the official client has signed, and hears of no key', async () => {
    const seen: string[][] = [];
    const standIn = await start({ apiKey: WORKSPACE, onRequest: (request) => void seen.push(sentAs(request)) });
    const client = await clientOf(standIn.url);
    const sent = await client.post('/v1/messages/batches', { body: { requests: requests('a') } });
    expect(sent).toMatchObject({ id: standIn.batches()[0]?.id });
    expect(await client.get('/v1/models/claude-sonnet-5-5')).toMatchObject({ id: 'claude-sonnet-5-5' });
    expect(seen).toEqual([['AWS4-HMAC-SHA256'], ['AWS4-HMAC-SHA256']]);
    expect(standIn.calls.map(({ status }) => status)).toEqual([200, 200]);
  });

  const refusal = (change: Partial<SignedRequest>, access = WORKSPACE, now = Date.now()) => {
    try {
      checkSignature({ ...good, ...change }, access, now);
    } catch (error) {
      const { errorType, status } = error as { errorType?: string; status: number };
      return errorType ?? status;
    }
    return undefined;
  };
  const header = (name: string, value: string | undefined) => ({ headers: { ...good.headers, [name]: value } });

  test.each<[string, () => ReturnType<typeof refusal>, string | number | undefined]>([
    ['nothing changed', () => refusal({}), undefined],
    ['another body', () => refusal({ body: Buffer.from('x') }), 'InvalidSignatureException'],
    ['another path', () => refusal({ url: '/v1/models' }), 'InvalidSignatureException'],
    ['another query', () => refusal({ url: '/v1/messages/batches?limit=4' }), 'InvalidSignatureException'],
    ['another method', () => refusal({ method: 'DELETE' }), 'InvalidSignatureException'],
    ['another workspace', () => refusal(header('anthropic-workspace-id', 'wrkspc_2')), 'InvalidSignatureException'],
    ['another host', () => refusal(header('host', 'elsewhere')), 'InvalidSignatureException'],
    ['no signature', () => refusal(header('authorization', undefined)), 'MissingAuthenticationTokenException'],
    ['a key as a bearer', () => refusal(header('authorization', 'Bearer sk-ant-1')), 'IncompleteSignatureException'],
    ['a key beside it', () => refusal(header('x-api-key', 'sk-ant-1')), 400],
    ['no session token', () => refusal(header('x-amz-security-token', undefined)), 'UnrecognizedClientException'],
    ['a signature of ten minutes ago', () => refusal({}, WORKSPACE, Date.now() + 600_000), 'InvalidSignatureException'],
    ['a time that is none', () => refusal(header('x-amz-date', 'yesterday')), 'InvalidSignatureException'],
    ['the keys of another', () => refusal({}, withKeys({ accessKeyId: 'AKIAOTHER' })), 'UnrecognizedClientException'],
    ['another secret', () => refusal({}, withKeys({ secretAccessKey: 'other' })), 'InvalidSignatureException'],
    ['another region', () => refusal({}, { ...WORKSPACE, region: 'us-east-1' }), 'InvalidSignatureException'],
    [
      'a workspace of somebody else',
      () => refusal({}, { ...WORKSPACE, workspaceId: 'wrkspc_2' }),
      'AccessDeniedException',
    ],
  ])('answers as AWS does to %s', (_, given, answer) => {
    expect(given()).toBe(answer);
  });

  const withKeys = (changes: Partial<typeof credentials>) => ({
    ...WORKSPACE,
    credentials: { ...credentials, ...changes },
  });

  test('does not take a header on trust that was left out of the signature', () => {
    const authorization = String(good.headers.authorization).replace('anthropic-workspace-id;', '');
    expect(refusal(header('authorization', authorization))).toBe('InvalidSignatureException');
  });
});
