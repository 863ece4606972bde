import { describe, expect, test } from 'vitest';
import { databaseUrlOf } from '../../../lambdas/runtime/secrets.ts';
import { InvalidSetting } from '../../../lambdas/shared/errors.ts';

const FIELDS = {
  username: 'polis',
  password: 'p@ss/wo:rd#1%',
  engine: 'postgres',
  host: 'polis.abc.eu-west-1.rds.amazonaws.com',
  port: 5432,
  dbname: 'polis',
};
const without = (field: string) => JSON.stringify({ ...FIELDS, [field]: undefined });

describe('the database secret', () => {
  test('is a URL, taken as it is', () => {
    expect(databaseUrlOf(' postgres://u:p@db:5432/polis\n', 'db')).toBe('postgres://u:p@db:5432/polis');
    expect(databaseUrlOf('postgresql://u:p@db/polis', 'db')).toBe('postgresql://u:p@db/polis');
  });

  test('is the JSON of RDS, whose password may hold any character', () => {
    const url = new URL(databaseUrlOf(JSON.stringify(FIELDS, null, 2), 'db'));
    expect(url).toMatchObject({ protocol: 'postgres:', hostname: FIELDS.host, port: '5432', pathname: '/polis' });
    expect(decodeURIComponent(url.password)).toBe(FIELDS.password);
  });

  test('may leave the port out, write it as text, or hold IPv6', () => {
    expect(databaseUrlOf(without('port'), 'db')).toContain(':5432/');
    expect(databaseUrlOf(JSON.stringify({ ...FIELDS, port: '6432' }), 'db')).toContain(':6432/');
    expect(databaseUrlOf(JSON.stringify({ ...FIELDS, host: '::1' }), 'db')).toContain('@[::1]:5432/');
  });

  test.each(['username', 'password', 'host', 'dbname'])('that lacks %s is refused by that name', (field) => {
    expect(() => databaseUrlOf(without(field), 'prod/db')).toThrow(new RegExp(`^secret prod/db .*${field}: `));
  });

  test.each([
    ['an Anthropic key', 'sk-ant-secret-word'],
    ['a URL of something else', 'mysql://u:secret-word@db/polis'],
    ['JSON cut short', '{"username":"secret-word"'],
    ['JSON of another kind', '{"url":"postgres://u:secret-word@db/polis"}'],
    ['an invalid port', JSON.stringify({ ...FIELDS, password: 'secret-word', port: 70_000 })],
    ['the URL in quotes', '"postgres://u:secret-word@db/polis"'],
  ])('that holds %s is refused in one line, and never repeated', (_, value) => {
    expect(() => databaseUrlOf(value, 'prod/db')).toThrow(InvalidSetting);
    expect(() => databaseUrlOf(value, 'prod/db')).toThrow(/^secret prod\/db .*it should hold postgres:\/\/user/);
    expect(() => databaseUrlOf(value, 'prod/db')).not.toThrow(/secret-word|\n/);
  });
});
