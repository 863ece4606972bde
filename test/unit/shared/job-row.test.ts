import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jobRowSchema, withLogLine } from '../../../lambdas/shared/job-row.ts';
import { problems } from '../../../lambdas/shared/parse.ts';
import { jobRow as row } from '../../support/make.ts';

const complaint = (value: unknown) => {
  const parsed = jobRowSchema.safeParse(value);
  return parsed.success ? undefined : problems(parsed.error);
};

describe('a job row', () => {
  test('a row as the server writes it is taken, and attributes of others pass through', () => {
    const full = row({
      priority: 50,
      worker_id: 'none',
      started_at: '',
      completed_at: '',
      logs: '{"entries":[]}',
      environment: '{}',
      batch_ids: ['x'],
    });
    expect(jobRowSchema.parse(full)).toEqual(full);
  });

  test('a status that nobody documented is taken: others may write it', () => {
    expect(complaint(row({ status: 'LOCKED_FOR_CHECKING' }))).toBeUndefined();
  });

  test.each([
    ['job_id', ''],
    ['job_type', 'FULL_PIPELINE'],
    ['status', undefined],
    ['version', undefined],
    ['version', '1'],
    ['version', -1],
    ['version', 1.5],
    ['conversation_id', undefined],
    ['conversation_id', 'abc'],
    ['conversation_id', '-1'],
    ['conversation_id', 7],
  ])('%s: %j is refused by name', (field, value) => {
    expect(complaint(row({ [field]: value }))).toMatch(new RegExp(`^${field}: `));
  });
});

describe('the log of a job row', () => {
  const entries = (logs: string) => (JSON.parse(logs) as { entries: Record<string, unknown>[] }).entries;
  const grow = (logs: string | undefined, count: number) => {
    for (let line = 1; line <= count; line++) logs = withLogLine(logs, `t${line}`, 'INFO', `line ${line}`);
    return entries(logs ?? '');
  };

  test('a line is added at the end with its time and level', () => {
    const logs = withLogLine('{"entries":[{"timestamp":"t0","level":"WARN","message":"old"}]}', 't1', 'ERROR', 'new');
    expect(entries(logs)).toEqual([
      { timestamp: 't0', level: 'WARN', message: 'old' },
      { timestamp: 't1', level: 'ERROR', message: 'new' },
    ]);
  });

  test('the last 50 are kept', () => {
    expect(grow(undefined, 50)).toHaveLength(50);
    const kept = grow(undefined, 51);
    expect([kept.length, kept[0]?.message, kept.at(-1)?.message]).toEqual([50, 'line 2', 'line 51']);
  });

  test('a longer list of another writer is shortened', () => {
    const long = JSON.stringify({ entries: Array.from({ length: 300 }, (_, i) => ({ timestamp: `${i}` })) });
    expect(entries(withLogLine(long, 't', 'INFO', 'x')).map(({ timestamp }) => timestamp)).toEqual([
      ...Array.from({ length: 49 }, (_, i) => `${251 + i}`),
      't',
    ]);
  });

  test('an unreadable list is replaced, whatever it holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (logs) => {
        expect(entries(withLogLine(logs, 't', 'INFO', 'x')).at(-1)).toEqual({
          timestamp: 't',
          level: 'INFO',
          message: 'x',
        });
      }),
    );
    expect(entries(withLogLine('{"entries":"none"}', 't', 'INFO', 'x'))).toHaveLength(1);
  });
});
