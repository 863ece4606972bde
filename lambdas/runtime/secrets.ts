import { getSecret } from '@aws-lambda-powertools/parameters/secrets';
import { InvalidSetting, StoreUnavailable } from '../shared/errors.ts';
import { anthropicKeyOf } from './anthropic-secret.ts';
import { databaseUrlOf } from './database-secret.ts';

/** A new value of a secret is in use after this time. */
const MAX_AGE_SECONDS = 300;

/** The Anthropic key that a secret holds now. @throws InvalidSetting when it is not there or not a key */
export const anthropicKey = async (name: string): Promise<string> => anthropicKeyOf(await secret(name), name);

/** The address of Polis' PostgreSQL that a secret holds now. @throws InvalidSetting when it is not there or not one */
export const databaseUrl = async (name: string): Promise<string> => databaseUrlOf(await secret(name), name);

/**
 * A secret's text by its name, cached between invocations. It is in no log, error or template.
 * @throws InvalidSetting when it is absent or empty; StoreUnavailable when Secrets Manager cannot be reached
 */
async function secret(name: string): Promise<string> {
  let value: string | Uint8Array | undefined;
  try {
    value = await getSecret(name, { maxAge: MAX_AGE_SECONDS });
  } catch (error) {
    throw readError(name, error as Error);
  }
  if (typeof value !== 'string' || value.trim() === '') {
    throw new InvalidSetting(`secret ${name} is empty or not text: put its value into it as plain text`);
  }
  return value;
}

/** What to do for each way in which a secret can be out of reach. */
function readError(name: string, error: Error): Error {
  const said = `${error.message} ${(error.cause as Error | undefined)?.name}`;
  const mend = MENDS.find(([pattern]) => pattern.test(said))?.[1];
  if (mend) return new InvalidSetting(`secret ${name} ${mend}`, { cause: error });
  return new StoreUnavailable(`Secrets Manager could not give secret ${name}`, { cause: error });
}

const MENDS: [RegExp, string][] = [
  [
    /marked for deletion|InvalidRequest/,
    'is marked for deletion: take that back (aws secretsmanager restore-secret), or make a new one under another name',
  ],
  [
    /ResourceNotFound/,
    'is absent: create it in Secrets Manager, in the region of this function, or deploy with its right name',
  ],
  [
    // Secrets Manager calls this AccessDeniedException too
    /Decryption|to KMS/,
    'cannot be decrypted by this function: deploy with the ARN of the key that it is encrypted with in kmsKeyArns',
  ],
  [/AccessDenied/, 'may not be read by this function: deploy again with its right name, and look at its policy'],
];
