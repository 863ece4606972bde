import { InvalidSetting } from '../shared/errors.ts';

const SHOULD_BE = 'it should hold the bare API key and nothing else, without quotes or spaces';

/** What people put in the key's place by mistake. Keys are not checked further: a stand-in takes any. */
const MISTAKES: [RegExp, string][] = [
  [/^postgres(ql)?:\/\//, 'is the address of a database: the two secrets seem to have changed places'],
  [/:\/\//, 'is an address'],
  [/^[{["']/, 'is JSON or stands in quotes'],
  [/\s/, 'holds spaces or line breaks'],
  [/[^\x21-\x7e]/, 'holds characters that no key has'],
];

/**
 * The Anthropic key out of the secret's text.
 * @param name the secret's name, for messages; its value is in none of them
 * @throws InvalidSetting saying what the secret holds instead of a key
 */
export function anthropicKeyOf(secret: string, name: string): string {
  const value = secret.trim();
  const mistake = MISTAKES.find(([pattern]) => pattern.test(value));
  if (mistake) throw new InvalidSetting(`secret ${name} ${mistake[1]}: ${SHOULD_BE}`);
  return value;
}
