import { KeyRefused } from '../shared/errors.ts';
import { anthropicBatches, anthropicClient, type Batches } from '../stores/anthropic.ts';
import { environment } from './environment.ts';
import { anthropicKey } from './secrets.ts';
import { keptWhile } from './step-handler.ts';

const batchesFor = keptWhile((apiKey) => {
  const { ANTHROPIC_BASE_URL } = environment('ANTHROPIC_BASE_URL');
  return anthropicBatches(anthropicClient({ apiKey, baseURL: ANTHROPIC_BASE_URL }));
});

const connect = async (fresh: boolean): Promise<Batches> =>
  batchesFor(await anthropicKey(environment('ANTHROPIC_SECRET_NAME').ANTHROPIC_SECRET_NAME, fresh));

/** The Anthropic API with the key that Secrets Manager holds now. A key that is refused is looked up again, once a call. */
export async function connectAnthropic(): Promise<Batches> {
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
