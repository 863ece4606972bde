import { getSecret } from '@aws-lambda-powertools/parameters/secrets';
import { InvalidSetting, StoreUnavailable } from '../domain/errors.ts';

/** A new value of a secret is in use after this time. */
const MAX_AGE_SECONDS = 300;

/**
 * A secret by its name, cached between invocations. Its value is in no log, error or template.
 * @throws InvalidSetting when it is absent or empty; StoreUnavailable when Secrets Manager cannot be reached
 */
export async function secret(name: string): Promise<string> {
  let value: string | Uint8Array | undefined;
  try {
    value = await getSecret(name, { maxAge: MAX_AGE_SECONDS });
  } catch (error) {
    if (
      /ResourceNotFound|AccessDenied/.test(
        String((error as Error).message) + String((error as { cause?: Error }).cause?.name),
      )
    ) {
      throw new InvalidSetting(
        `secret ${name} is absent or this function may not read it: create it in Secrets Manager, or deploy with its right name`,
        { cause: error },
      );
    }
    throw new StoreUnavailable(`Secrets Manager could not give secret ${name}`, { cause: error });
  }
  if (typeof value !== 'string' || value.trim() === '') {
    throw new InvalidSetting(`secret ${name} is empty or not text: put the bare value into it`);
  }
  if (!/^[\x20-\x7e]+$/.test(value.trim())) {
    throw new InvalidSetting(`secret ${name} is not one line of plain characters: put the bare value into it`);
  }
  return value.trim();
}
