import { fileURLToPath } from 'node:url';
import type { BundlingOptions, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { BuildOptions } from 'esbuild';

export const PROJECT_ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The file of a function's handler. */
export const handlerFile = (name: string): string => `${PROJECT_ROOT}lambdas/handlers/${name}.ts`;

const SAME = { target: 'node24', minify: true, sourcesContent: false, mainFields: ['module', 'main'] };
// The SDK goes into the bundle at the locked version; pg-native is an optional part of pg that is not used.
const EXTERNAL = ['pg-native'];
// Dependencies that are CommonJS call require(), which an ES module does not have.
const BANNER = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
// The SDK's chain of credential sources (SSO, profiles, containers) is a third of a cold start, and Lambda needs none of it.
const CREDENTIALS = '@aws-sdk/credential-provider-node';
const FROM_LAMBDA = `${PROJECT_ROOT}lambdas/runtime/aws-credentials.ts`;

/** How the stack bundles a function. */
export const CDK_BUNDLING: BundlingOptions = {
  ...SAME,
  // written out, so that a benchmark need not load CDK
  format: 'esm' as OutputFormat.ESM,
  sourceMap: true,
  banner: BANNER,
  externalModules: EXTERNAL,
  esbuildArgs: { '--alias': [`${CREDENTIALS}=${FROM_LAMBDA}`] },
};

/** The same for esbuild itself: what is measured and tested is what is deployed. */
export const ESBUILD_OPTIONS = {
  ...SAME,
  absWorkingDir: PROJECT_ROOT,
  bundle: true,
  platform: 'node',
  format: 'esm',
  sourcemap: true,
  banner: { js: BANNER },
  external: EXTERNAL,
  alias: { [CREDENTIALS]: FROM_LAMBDA },
  logLevel: 'error',
} satisfies BuildOptions;
