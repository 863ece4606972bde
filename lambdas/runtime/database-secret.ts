import * as z from 'zod';
import { InvalidSetting } from '../shared/errors.ts';
import { jsonOrUndefined, problems } from '../shared/parse.ts';

const SHOULD_BE =
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
  throw new InvalidSetting(`secret ${name} is no address of a PostgreSQL database: ${SHOULD_BE}`);
}

function urlOfFields(json: string, name: string): string {
  const parsed = fields.safeParse(jsonOrUndefined(json));
  if (!parsed.success) {
    throw new InvalidSetting(`secret ${name} is JSON that does not fit (${problems(parsed.error)}): ${SHOULD_BE}`);
  }
  const { username, password, host, port, dbname } = parsed.data;
  const [user, pass, database] = [username, password, dbname].map(encodeURIComponent);
  return `postgres://${user}:${pass}@${host.includes(':') ? `[${host}]` : host}:${port}/${database}`;
}
