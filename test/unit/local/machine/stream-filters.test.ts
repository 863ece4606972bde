import { describe, expect, it } from 'vitest';
import { NARRATIVES } from '../../../../local/machine/narratives.ts';
import { parsePattern, passes } from '../../../../local/machine/stream-filter.ts';

const synthesized = NARRATIVES;

describe('filters of the stream', () => {
  const record = (eventName: string, status: string, jobType: string) => ({
    eventName,
    dynamodb: { NewImage: { status: { S: status }, job_type: { S: jobType } } },
  });

  it.each([
    ['INSERT', 'PENDING', 'CREATE_NARRATIVE_BATCH', true],
    ['MODIFY', 'PENDING', 'AWAITING_NARRATIVE_BATCH', true],
    ['REMOVE', 'PENDING', 'CREATE_NARRATIVE_BATCH', false],
    ['MODIFY', 'PROCESSING', 'CREATE_NARRATIVE_BATCH', false],
    ['INSERT', 'PENDING', 'FULL_PIPELINE', false],
  ])('%s of a %s %s row passes: %s', (eventName, status, jobType, expected) => {
    expect(passes(record(eventName, status, jobType), synthesized.filters)).toBe(expected);
  });

  it('drop a record that lacks the field', () => {
    expect(passes({ eventName: 'REMOVE', dynamodb: { Keys: {} } }, synthesized.filters)).toBe(false);
    expect(passes({ eventName: 'INSERT' }, synthesized.filters)).toBe(false);
  });

  it('let everything pass when there is no filter', () => {
    expect(passes({ eventName: 'REMOVE' }, [])).toBe(true);
  });

  it('are refused when they use a rule that the local run does not know', () => {
    expect(() => parsePattern('{"dynamodb":{"NewImage":{"job_id":{"S":[{"prefix":"batch_"}]}}}}')).toThrow(
      /dynamodb\.NewImage\.job_id\.S uses .*prefix/,
    );
  });
});
