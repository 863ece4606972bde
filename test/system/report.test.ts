import { beforeAll, describe, expect, it } from 'vitest';
import { citedTids, reportSchema } from '../../lambdas/report/shape.ts';
import { POSTGRES_VOTE } from '../../lambdas/report/votes.ts';
import { unpack } from '../../lambdas/shared/packed.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { currentVotes, PIPELINE_RUNS } from '../../local/sample.ts';
import { pathOfJob } from '../support/readers.ts';
import { useWorld } from '../support/use-world.ts';
import type { World } from '../support/world.ts';

const world = useWorld();
let job: Awaited<ReturnType<World['run']>>;

beforeAll(async () => {
  job = await world.run();
});

const askedRows = () => world.asked(job.job_id, 1);

describe('a PENDING job row as the server writes it', () => {
  it('runs through the states a person reads in the console', () => {
    expect(job.states).toEqual(pathOfJob(world.waits.length));
    expect(world.waits.length).toBeGreaterThan(2);
  });

  it('ends COMPLETED with every section stored, figures on the row and its end confirmed', () => {
    expect(job.row).toMatchObject({ status: 'COMPLETED', process_exit_confirmed: true, model: 'claude-sonnet-5-5' });
    expect(job.row.batch_id).toBe(world.standIn.batches()[0]?.id);
    expect(job.results).toMatchObject({ planned: 15, stored: 15, failed: [], rounds: 1 });
    expect(job.results.tokens.output).toBeGreaterThan(1_000);
    expect(job.results.cost_usd).toBeGreaterThan(0);
    expect(job.row.completed_at).not.toBe('');
    expect(job.row.error_message).toBeUndefined();
  });

  it('stores each section under the name the web client looks for', () => {
    const { uuid } = PIPELINE_RUNS.newest;
    const names = job.reports.map(({ section }) => section);
    expect(names).toHaveLength(15);
    expect(names).toEqual(
      expect.arrayContaining([
        'batch_re_global_groups',
        'batch_re_global_group_informed_consensus',
        'batch_re_global_uncertainty',
        `${uuid}_0_0`,
        `${uuid}_1_0`,
      ]),
    );
    expect(names.filter((name) => name?.startsWith(PIPELINE_RUNS.older.uuid))).toEqual([]);
    for (const row of job.reports)
      expect(row.rid_section_model).toBe(`${row.report_id}#${row.section}#claude-sonnet-5-5`);
  });

  it('stores report_data in the shape the web client reads, with one timestamp for the job', () => {
    for (const row of job.reports) reportSchema.parse(JSON.parse(row.report_data ?? ''));
    expect(new Set(job.reports.map(({ timestamp }) => timestamp)).size).toBe(1);
    expect(job.reports.some((row) => 'errors' in row)).toBe(false);
  });

  it('stores citations only of comments that the model was shown', async () => {
    const shown = new Map((await askedRows()).map((row) => [row.section, new Set(row.shown)]));
    for (const row of job.reports) {
      const cited = citedTids(reportSchema.parse(JSON.parse(row.report_data ?? '')));
      expect(cited.length).toBeGreaterThan(0);
      expect(cited.filter((tid) => !shown.get(row.section ?? '')?.has(tid))).toEqual([]);
    }
  });

  it('shows the model agree where people agreed: tallies equal the current votes', async () => {
    const votes = currentVotes(world.data.votes);
    for (const { tallies } of await askedRows()) {
      for (const { tid, all } of JSON.parse(unpack(tallies)) as { tid: number; all: number[] }[]) {
        const of = (vote: number) => votes.filter((cast) => cast.tid === tid && cast.vote === vote).length;
        const [agrees, disagrees, passes] = [
          of(POSTGRES_VOTE.agree),
          of(POSTGRES_VOTE.disagree),
          of(POSTGRES_VOTE.pass),
        ];
        expect({ tid, all }).toEqual({ tid, all: [agrees + disagrees + passes, agrees, disagrees, passes] });
      }
    }
  });

  it('sends neither rejected, deselected nor meta comments; comment 0 is sent', async () => {
    const deselected = world.data.selections.filter(({ selection }) => selection === -1).map(({ tid }) => tid);
    const shown = new Set((await askedRows()).flatMap((row) => row.shown));
    expect(deselected.filter((tid) => shown.has(tid))).toEqual([]);
    const hidden = world.data.comments.filter(({ mod, is_meta }) => mod === -1 || is_meta).map(({ tid }) => tid);
    expect(hidden.length).toBeGreaterThan(5);
    expect(hidden.filter((tid) => shown.has(tid))).toEqual([]);
    expect(shown.has(0)).toBe(true);
  });

  it('sends rejected comments of a report that shows them, unless the job asks for moderation', async () => {
    const rejected = world.data.comments.filter(({ mod }) => mod === -1).map(({ tid }) => tid);
    const sent = async (options: Record<string, unknown>) => {
      const { job_id } = await world.run(world.configured(options));
      return (await world.asked(job_id, 1)).flatMap(({ shown }) => shown).filter((tid) => rejected.includes(tid));
    };
    await world.withData({ report: { ...world.data.report, mod_level: -2 } }, async () => {
      expect(await sent({ include_moderation: true })).toEqual([]);
      expect((await sent({ include_moderation: false })).length).toBeGreaterThan(0);
    });
  });

  it('keeps prompt, hash, tallies, raw answer, tokens and cost of every section in the ledger', async () => {
    const rows = (await world.all(TABLE_NAMES.ledger)).filter((row) => row.job_id === job.job_id);
    const answered = rows.filter((row) => String(row.entry).startsWith('answered#1#'));
    expect(answered).toHaveLength(15);
    for (const row of answered) {
      expect(JSON.parse(unpack(row.raw as Uint8Array)).result.type).toBe('succeeded');
      expect(row).toMatchObject({ kind: 'stored', batch_id: job.row.batch_id });
      expect(row.cost_micro_usd).toBeGreaterThan(0);
    }
    const [first] = await askedRows();
    expect(unpack(first?.prompt as Uint8Array)).toContain('<comments columns=');
    expect(first?.prompt_hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('adds an AWAITING row owned by the execution and closes it with the job', async () => {
    const rows = (await world.all(TABLE_NAMES.jobs)).filter((row) => row.batch_job_id === job.job_id);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      job_type: 'AWAITING_NARRATIVE_BATCH',
      status: 'COMPLETED',
      batch_id: job.row.batch_id,
      worker_id: `${job.job_id}-v1`,
      process_exit_confirmed: true,
    });
    expect(String(rows[0]?.job_id)).toMatch(new RegExp(`^batch_check_${job.job_id}_\\d+$`));
  });

  it('logs ids and counts, and no comment text', () => {
    const lines = world.logged.map((line) => JSON.stringify(line)).join('\n');
    for (const { txt } of world.data.comments) if (txt.length > 20) expect(lines).not.toContain(txt.slice(0, 20));
  });

  it('asks for prompts with the fixed part marked for the one-hour cache', () => {
    const { requests } = world.standIn.batches()[0] as { requests: { params: Record<string, unknown> }[] };
    const systems = requests.map(({ params }) => JSON.stringify(params.system));
    expect(new Set(systems).size).toBe(1);
    expect(systems[0]).toContain('"cache_control":{"type":"ephemeral","ttl":"1h"}');
    expect(job.results.tokens.cache_read).toBeGreaterThan(0);
  });

  it('splits a job into batches of max_batch_size and files every one', async () => {
    const config = JSON.parse(String(world.jobRow().job_config));
    config.stages[0].config.max_batch_size = 4;
    const before = world.standIn.batches().length;
    const split = await world.run({ job_config: JSON.stringify(config) });
    const sizes = world.standIn
      .batches()
      .slice(before)
      .map(({ requests }) => requests.length);
    expect(sizes).toEqual([4, 4, 4, 3]);
    expect(split.results).toMatchObject({ planned: 15, stored: 15, rounds: 1 });
    expect(split.results.batch_ids).toHaveLength(4);
    const awaiting = (await world.all(TABLE_NAMES.jobs)).filter((row) => row.batch_job_id === split.job_id);
    expect(awaiting.map(({ status }) => status)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED', 'COMPLETED']);
  });
});
