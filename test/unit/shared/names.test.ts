import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  answerKey,
  awaitingJobId,
  customId,
  customIdReader,
  entry,
  executionName,
  globalSection,
  jobMark,
  legacyCustomId,
  ordinalOf,
  placeOf,
  promptHash,
  ridSectionModel,
  topicSection,
  turnKey,
} from '../../../lambdas/shared/names.ts';
import { JOB, RUN } from '../../support/make.ts';

const jobId = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ maxLength: 200 }),
  fc.stringMatching(/^batch_report_r[a-z0-9]{5,30}_\d{10}_[0-9a-f]{8}$/),
);
const round = fc.integer({ min: 1, max: 999 });
const ordinal = fc.nat(99_999);

describe('custom ids', () => {
  test('any job id gives at most 64 characters of the alphabet that the API takes', () => {
    fc.assert(
      fc.property(jobId, round, ordinal, (job, r, o) => {
        expect(customId(job, r, o)).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
      }),
    );
  });

  test('they parse back to the round and ordinal, for this job only', () => {
    fc.assert(
      fc.property(jobId, jobId, round, ordinal, (job, other, r, o) => {
        expect(customIdReader(job)(customId(job, r, o))).toEqual({ round: r, ordinal: o });
        if (other !== job) expect(customIdReader(other)(customId(job, r, o))).toBeUndefined();
      }),
    );
  });

  test('two requests never share one', () => {
    const request = fc.tuple(jobId, round, ordinal);
    fc.assert(
      fc.property(request, request, (a, b) => {
        expect(customId(...a) === customId(...b)).toBe(a.every((part, index) => part === b[index]));
      }),
    );
    const all = [1, 2, 3, 11, 12].flatMap((r) => Array.from({ length: 1_200 }, (_, o) => customId(JOB, r, o)));
    expect(new Set(all).size).toBe(all.length);
  });

  test.each(['', '_1_0', '_0_1', '_1_01', '_1_-1', '_1', '_1_1_1', '_1_1 ', '_1_1\n', '_1_1e3', '_1_9999999'])(
    'a mark followed by %j is no custom id',
    (tail) => {
      expect(customIdReader(JOB)(`${jobMark(JOB)}${tail}`)).toEqual(
        tail === '_1_0' ? { round: 1, ordinal: 0 } : undefined,
      );
    },
  );

  test('those of the old pipeline are cut to 64 characters, as it cuts them', () => {
    expect(legacyCustomId('7', `${RUN}_0_1`)).toBe(`7_${RUN}_0_1`);
    expect(legacyCustomId('7', 'x'.repeat(90))).toHaveLength(64);
  });
});

describe('execution names', () => {
  const version = fc.nat(1_000_000);

  test('any job id and version give at most 80 characters that Step Functions takes', () => {
    fc.assert(
      fc.property(jobId, fc.oneof(version, fc.maxSafeNat()), (job, v) => {
        expect(executionName(job, v)).toMatch(/^[A-Za-z0-9_-]{1,80}$/);
      }),
    );
  });

  test('each job and version has its own, and the same one every time', () => {
    const name = fc.tuple(jobId, version);
    fc.assert(
      fc.property(name, name, (a, b) => {
        expect(executionName(...a) === executionName(...b)).toBe(a[0] === b[0] && a[1] === b[1]);
      }),
    );
  });

  test('a usual job id can be read in it; long ids stay apart', () => {
    expect(executionName(JOB, 3)).toBe(`${JOB}-v3`);
    expect(executionName(`${'x'.repeat(100)}1`, 1)).not.toBe(executionName(`${'x'.repeat(100)}2`, 1));
    expect(executionName('a#b', 1)).not.toBe(executionName('a/b', 1));
  });
});

describe('keys of the ledger', () => {
  test('ordinals sort as text in the order of their numbers', () => {
    const key = fc.constantFrom(entry.answered, entry.batch);
    fc.assert(
      fc.property(key, round, fc.nat(100_000), fc.nat(100_000), (of, r, a, b) => {
        expect(of(r, a) < of(r, b)).toBe(a < b);
        expect(ordinalOf(of(r, a))).toBe(a);
      }),
    );
  });

  test('the prefix of a round finds that round only', () => {
    expect(entry.answered(1, 5).startsWith(entry.answeredInRound(1))).toBe(true);
    expect(entry.answered(12, 0).startsWith(entry.answeredInRound(1))).toBe(false);
    expect(entry.batch(11, 0).startsWith(entry.batchesInRound(1))).toBe(false);
    expect(entry.unfiled(11, 'x').startsWith(entry.unfiledInRound(1))).toBe(false);
  });

  test('the prefix of one kind of row finds no other kind', () => {
    const rows = [
      entry.plan,
      entry.prompt(1),
      entry.round(1),
      entry.section(1),
      entry.answered(1, 1),
      entry.batch(1, 1),
      entry.unfiled(1, 'mark'),
    ];
    const found = (prefix: string) => rows.filter((row) => row.startsWith(prefix));
    expect([entry.sections, entry.answeredInRound(1), entry.batches, entry.unfiledAll].map(found)).toEqual(
      rows.slice(3).map((row) => [row]),
    );
  });
});

describe('names that the web client and the server look for', () => {
  test('a topic is its key with # turned into _', () => {
    expect(topicSection(`${RUN}#2#13`)).toBe(`${RUN}_2_13`);
    expect(topicSection('layer0_7')).toBe('layer0_7');
  });

  test('a global section begins with 8 characters of the job id', () => {
    expect(globalSection(JOB, 'groups')).toBe('batch_re_global_groups');
  });

  test('the hash key of a report splits on # into report, section and model', () => {
    expect(ridSectionModel('r1', 'layer0_7', 'claude').split('#')).toEqual(['r1', 'layer0_7', 'claude']);
  });

  test('rows that wait for a batch have a name each', () => {
    const id = (r: number, part: number) => awaitingJobId(JOB, '2026-11-22T10:00:00.900Z', r, part);
    expect(id(1, 0)).toBe(`batch_check_${JOB}_1795341600`);
    expect(new Set([id(1, 0), id(1, 1), id(2, 0), id(2, 1)]).size).toBe(4);
  });
});

const MADE = { model: 'm', prompt_version: 'v', schema_version: 1 };

test('the hash of a prompt tells where one part ends and the next begins', () => {
  expect(promptHash(MADE, 'a', 'bc')).not.toBe(promptHash(MADE, 'ab', 'c'));
  expect(promptHash(MADE, 'a', 'bc')).toMatch(/^[0-9a-f]{64}$/);
});

test.each([{ model: 'other' }, { prompt_version: 'other' }, { schema_version: 2 }])(
  'the hash of a prompt is another one with %j',
  (change) => {
    expect(promptHash({ ...MADE, ...change }, 'a')).not.toBe(promptHash(MADE, 'a'));
  },
);

test('a known answer has a row of its question, and a turn a row of its report', () => {
  expect(answerKey('abc')).toEqual({ job_id: 'answer:abc', entry: 'answer' });
  expect(turnKey('r1')).toEqual({ job_id: 'report:r1', entry: 'turn' });
});

test('round and ordinal are read from the key of an answer', () => {
  expect(placeOf(entry.answered(12, 7))).toEqual({ round: 12, ordinal: 7 });
});
