import { GetParameterError } from '@aws-lambda-powertools/parameters/errors';
import { getSecret } from '@aws-lambda-powertools/parameters/secrets';
import * as z from 'zod';
import { InvalidSetting } from '../shared/errors.ts';
import { jsonOrUndefined, problems } from '../shared/parse.ts';
import { awsTrouble } from '../stores/aws-trouble.ts';

/** A new value of a secret is in use after this time. */
const MAX_AGE_SECONDS = 300;

/**
 * The Anthropic key that a secret holds now.
 * @param fresh past the cache: the one in it was refused
 * @throws InvalidSetting when it is not there or not a key
 */
export const anthropicKey = async (name: string, fresh = false): Promise<string> =>
  anthropicKeyOf(await secret(name, fresh), name);

/**
 * The address of Polis' PostgreSQL that a secret holds now.
 * @param fresh past the cache: the one in it was refused
 * @throws InvalidSetting when it is not there or not one
 */
export const databaseUrl = async (name: string, fresh = false): Promise<string> =>
  databaseUrlOf(await secret(name, fresh), name);

/**
 * A secret's text by its name, cached between invocations. It is in no log, error or template.
 * @throws InvalidSetting when it is absent or empty; StoreUnavailable when Secrets Manager cannot be reached
 */
async function secret(name: string, fresh: boolean): Promise<string> {
  let value: string | Uint8Array | undefined;
  try {
    value = await getSecret(name, { maxAge: MAX_AGE_SECONDS, forceFetch: fresh });
  } catch (error) {
    throw readError(name, error);
  }
  if (typeof value !== 'string' || value.trim() === '') {
    throw new InvalidSetting(`secret ${name} is empty or not text: put its value into it as plain text`);
  }
  return value;
}

/** What to do for each way in which a secret can be out of reach for good. Whatever else comes of the call may pass. */
function readError(name: string, error: unknown): unknown {
  // Powertools wraps what the SDK throws
  const cause = error instanceof GetParameterError ? error.cause : error;
  const advice = ADVICE.get((cause as Error | undefined)?.name ?? '');
  if (advice) return new InvalidSetting(`secret ${name} ${advice}`, { cause: error });
  return awsTrouble(`Secrets Manager could not return secret ${name}`, cause);
}

const ADVICE = new Map([
  [
    'InvalidRequestException',
    'is marked for deletion: restore it (aws secretsmanager restore-secret), or create one with another name',
  ],
  [
    'ResourceNotFoundException',
    'does not exist: create it in Secrets Manager, in the region of this function, or deploy with its correct name',
  ],
  [
    'DecryptionFailure',
    'cannot be decrypted by this function: deploy with the ARN of the key that it is encrypted with in kmsKeyArns',
  ],
  [
    // also where the key that it is encrypted with is out of reach
    'AccessDeniedException',
    'may not be read by this function: deploy again with its correct name and check its policy; if it is encrypted with a key of ' +
      'your own, deploy with the ARN of that key in kmsKeyArns',
  ],
]);

const KEY_SHOULD_BE = 'it should hold the bare API key and nothing else, without quotes or spaces';

/** What people put in the key's place by mistake. Keys are not checked further: a stand-in takes any. */
const MISTAKES: [RegExp, string][] = [
  [/^postgres(ql)?:\/\//, 'is the address of a database: the two secrets seem to be swapped'],
  [/:\/\//, 'is an address'],
  [/^[{["']/, 'is JSON or in quotes'],
  [/\s/, 'holds spaces or line breaks'],
  [/[^\x21-\x7e]/, 'holds characters that cannot be in a key'],
];

/**
 * The Anthropic key out of the secret's text.
 * @param name the secret's name, for messages; its value is in none of them
 * @throws InvalidSetting saying what the secret holds instead of a key
 */
export function anthropicKeyOf(secret: string, name: string): string {
  const value = secret.trim();
  const mistake = MISTAKES.find(([pattern]) => pattern.test(value));
  if (mistake) throw new InvalidSetting(`secret ${name} ${mistake[1]}: ${KEY_SHOULD_BE}`);
  return value;
}

const URL_SHOULD_BE =
  'it should hold postgres://user:password@host:5432/database, or JSON with the fields username, password, host, port and dbname';

const text = z.string().min(1);

/** What Secrets Manager keeps for a database; it adds fields of its own, such as `engine`. */
const fields = z.object({
  username: text,
  password: text,
  host: text,
  port: z.coerce.number().int().min(1).max(65_535).default(5432),
  dbname: text,
});

/**
 * The database's address out of the secret's text, which is a URL or the JSON that RDS writes.
 * @param name the secret's name, for messages; its value is in none of them
 * @returns a URL that `pg` takes, with every part escaped
 * @throws InvalidSetting naming the field
 */
export function databaseUrlOf(secret: string, name: string): string {
  const value = secret.trim();
  if (value.startsWith('{')) return urlOfFields(value, name);
  if (/^postgres(ql)?:\/\//.test(value) && URL.canParse(value)) return value;
  throw new InvalidSetting(`secret ${name} is not the address of a PostgreSQL database: ${URL_SHOULD_BE}`);
}

function urlOfFields(json: string, name: string): string {
  const parsed = fields.safeParse(jsonOrUndefined(json));
  if (!parsed.success) {
    throw new InvalidSetting(`secret ${name} is JSON that does not fit (${problems(parsed.error)}): ${URL_SHOULD_BE}`);
  }
  const { username, password, host, port, dbname } = parsed.data;
  const [user, pass, database] = [username, password, dbname].map(encodeURIComponent);
  return `postgres://${user}:${pass}@${host.includes(':') ? `[${host}]` : host}:${port}/${database}`;
}
