import { InvalidSetting, StoreUnavailable } from '../lambdas/shared/errors.ts';

/** A server that answers like AWS, on this machine or near it. */
export interface Emulator {
  url: string;
  /** LocalStack needs its own host name for assets; where an HTTP API answers depends on it, too. */
  kind: 'LocalStack' | 'MiniStack' | 'other';
}

const DEFAULT_URL = 'http://localhost:4566';
const ANSWER_MS = 5_000;
const REAL_AWS = /(^|\.)(amazonaws\.com|amazonaws\.com\.cn|api\.aws|api\.amazonwebservices\.com\.cn)$/i;

/**
 * The address of the emulator, from AWS_ENDPOINT_URL.
 * @throws InvalidSetting when an AWS_ENDPOINT_URL… is not an http address, or is AWS itself
 */
export function emulatorUrl(env: NodeJS.ProcessEnv): string {
  const named = Object.entries(env).filter(([name, value]) => /^AWS_ENDPOINT_URL(_|$)/.test(name) && value);
  for (const [name, value] of named) refuseAws(name, value as string);
  return (env.AWS_ENDPOINT_URL || DEFAULT_URL).replace(/\/+$/, '');
}

function refuseAws(name: string, value: string): void {
  const url = URL.parse(value);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new InvalidSetting(`${name} should be the http address of an emulator, such as ${DEFAULT_URL}`);
  }
  if (REAL_AWS.test(url.hostname)) {
    throw new InvalidSetting(`${name} is AWS itself (${url.hostname}); to deploy there, use npx cdk deploy --all`);
  }
}

/** Asks which emulator is running there. @throws StoreUnavailable when nothing answers */
export async function findEmulator(url: string): Promise<Emulator> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => undefined);
  if (!answer) {
    throw new StoreUnavailable(
      `no emulator answers at ${url}: start LocalStack, MiniStack or the like there, or set AWS_ENDPOINT_URL to its address`,
    );
  }
  await answer.body?.cancel();
  // MiniStack answers as LocalStack does, too
  if (await says(`${url}/_ministack/health`)) return { url, kind: 'MiniStack' };
  return { url, kind: (await says(`${url}/_localstack/health`)) ? 'LocalStack' : 'other' };
}

/** Whether an address answers 200 with a JSON object that lists services. */
async function says(address: string): Promise<boolean> {
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(ANSWER_MS) });
    const body: unknown = await answer.json();
    return answer.ok && typeof body === 'object' && body !== null && 'services' in body;
  } catch {
    return false;
  }
}

/** The environment in which the CDK and the AWS SDK reach the emulator and nothing else. */
export function emulatorEnvironment({ url, kind }: Emulator, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-east-1';
  const hasCredentials = env.AWS_ACCESS_KEY_ID || env.AWS_PROFILE;
  // with it the SDK would ignore the endpoint and call AWS
  const { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: _, ...rest } = env;
  return {
    ...rest,
    ...(hasCredentials ? {} : { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }),
    AWS_ENDPOINT_URL: url,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EC2_METADATA_DISABLED: 'true',
    CDK_DEFAULT_ACCOUNT: env.CDK_DEFAULT_ACCOUNT || '000000000000',
    CDK_DEFAULT_REGION: env.CDK_DEFAULT_REGION || region,
    ...(kind === 'LocalStack' && !env.AWS_ENDPOINT_URL_S3 ? { AWS_ENDPOINT_URL_S3: localStackAssets(url) } : {}),
  };
}

/** LocalStack finds the bucket in the host name; this one resolves to 127.0.0.1. */
function localStackAssets(url: string): string {
  const { protocol, port } = new URL(url);
  return `${protocol}//s3.localhost.localstack.cloud${port ? `:${port}` : ''}`;
}

const SHELL_NEEDS = ['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const;

/** What a shell has to set before `narratives` reaches the emulator: what the deployment chose for itself. '' when nothing is missing */
export function missingFromShell(shell: NodeJS.ProcessEnv, deployment: NodeJS.ProcessEnv): string {
  const missing = SHELL_NEEDS.filter((name) => deployment[name] && !shell[name]);
  return missing.length > 0 ? `export ${missing.map((name) => `${name}=${deployment[name]}`).join(' ')}` : '';
}

/** Where an emulator answers for an HTTP API whose output names the host that AWS would give. */
export function localApiUrl({ url, kind }: Emulator, apiUrl: string): string {
  const id = /^https:\/\/(\w+)\.execute-api\./.exec(apiUrl)?.[1];
  if (id === undefined || kind === 'other') return apiUrl;
  if (kind === 'MiniStack') return `${url}/_aws/execute-api/${id}/$default`;
  const { protocol, port } = new URL(url);
  return `${protocol}//${id}.execute-api.localhost.localstack.cloud${port ? `:${port}` : ''}`;
}
