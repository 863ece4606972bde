import { KeyRefused } from '../shared/errors.ts';
import { anthropicBatches, anthropicClient, type Batches } from '../stores/anthropic.ts';
import { workspaceClient } from '../stores/anthropic-aws.ts';
import { defaultProvider } from './aws-credentials.ts';
import { environment } from './environment.ts';
import { anthropicKey } from './secrets.ts';
import { keptWhile } from './step-handler.ts';

/** The Anthropic API as the deployment's provider says: with a key, or by the role of this function. */
export const connectAnthropic = (): Promise<Batches> =>
  environment('ANTHROPIC_PROVIDER').ANTHROPIC_PROVIDER === 'aws' ? connectByRole() : connectByKey();

let byRole: Promise<Batches> | undefined;

/** Claude Platform on AWS. There is no key: each request is signed with the credentials that the function has then. */
function connectByRole(): Promise<Batches> {
  const env = environment('ANTHROPIC_AWS_WORKSPACE_ID', 'ANTHROPIC_AWS_REGION', 'ANTHROPIC_BASE_URL');
  byRole ??= workspaceClient({
    workspaceId: env.ANTHROPIC_AWS_WORKSPACE_ID,
    region: env.ANTHROPIC_AWS_REGION,
    baseURL: env.ANTHROPIC_BASE_URL,
    credentials: defaultProvider(),
  }).then(anthropicBatches);
  return byRole;
}

const batchesFor = keptWhile((apiKey) => {
  const { ANTHROPIC_BASE_URL } = environment('ANTHROPIC_BASE_URL');
  return anthropicBatches(anthropicClient({ apiKey, baseURL: ANTHROPIC_BASE_URL }));
});

const connect = async (fresh: boolean): Promise<Batches> =>
  batchesFor(await anthropicKey(environment('ANTHROPIC_SECRET_NAME').ANTHROPIC_SECRET_NAME, fresh));

/** With the key that Secrets Manager holds now. A key that is refused is looked up again, once a call. */
async function connectByKey(): Promise<Batches> {
  let current = await connect(false);
  const called = async <T>(call: (batches: Batches) => Promise<T>): Promise<T> => {
    try {
      return await call(current);
    } catch (error) {
      if (!(error instanceof KeyRefused)) throw error;
      current = await connect(true);
      return call(current);
    }
  };
  return {
    knowsModel: (model) => called((batches) => batches.knowsModel(model)),
    // a key that is refused proves that nothing was sent
    send: (requests) => called((batches) => batches.send(requests)),
    status: (batchId) => called((batches) => batches.status(batchId)),
    cancel: (batchId) => called((batches) => batches.cancel(batchId)),
    createdSince: (isoTime) => called((batches) => batches.createdSince(isoTime)),
    results: (batchId) => called((batches) => batches.results(batchId)),
  };
}
