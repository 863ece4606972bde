import { fileURLToPath } from 'node:url';
import type { BundlingOptions, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { BuildOptions } from 'esbuild';
import type { NarrativesConfig } from './settings.ts';

type Provider = NarrativesConfig['provider'];

export const PROJECT_ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The file of a function's handler. */
export const handlerFile = (name: string): string => `${PROJECT_ROOT}lambdas/handlers/${name}.ts`;

const SAME = { target: 'node24', minify: true, sourcesContent: false, mainFields: ['module', 'main'] };
// The SDK goes into the bundle at the locked version. What is never loaded stays out: pg-native is an optional part of pg, and
// the client of Claude Platform on AWS is given its credentials.
const EXTERNAL = ['pg-native', '@aws-sdk/credential-providers'];
/** The client of Claude Platform on AWS is only loaded where that is the provider. */
const externalFor = (provider: Provider): string[] =>
  provider === 'aws' ? EXTERNAL : [...EXTERNAL, '@anthropic-ai/aws-sdk'];
// Dependencies that are CommonJS call require(), which an ES module does not have.
const BANNER = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
// The SDK's chain of credential sources (SSO, profiles, containers) is a third of a cold start, and Lambda needs none of it.
const CREDENTIALS = '@aws-sdk/credential-provider-node';
const FROM_LAMBDA = `${PROJECT_ROOT}lambdas/runtime/aws-credentials.ts`;

/** How the stack bundles a function. */
export const cdkBundling = (provider: Provider): BundlingOptions => ({
  ...SAME,
  // written out, so that a benchmark need not load CDK
  format: 'esm' as OutputFormat.ESM,
  sourceMap: true,
  banner: BANNER,
  externalModules: externalFor(provider),
  esbuildArgs: { '--alias': [`${CREDENTIALS}=${FROM_LAMBDA}`] },
});

/** The same for esbuild itself: what is measured and tested is what is deployed. */
export const esbuildOptions = (provider: Provider = 'anthropic') =>
  ({
    ...SAME,
    absWorkingDir: PROJECT_ROOT,
    bundle: true,
    platform: 'node',
    format: 'esm',
    sourcemap: true,
    banner: { js: BANNER },
    external: externalFor(provider),
    alias: { [CREDENTIALS]: FROM_LAMBDA },
    logLevel: 'error',
  }) satisfies BuildOptions;
