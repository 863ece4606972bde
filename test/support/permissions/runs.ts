import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { answerBatchReports } from '../../../lambdas/api/batch-reports.ts';
import { answerCancel } from '../../../lambdas/api/cancel.ts';
import { answerReportPage } from '../../../lambdas/api/report-page.ts';
import { answerReports } from '../../../lambdas/api/reports.ts';
import { MAX_REFUSALS } from '../../../lambdas/batch/wait.ts';
import { serverJob } from '../../../lambdas/job/put.ts';
import { AWAITING_BATCH } from '../../../lambdas/shared/job-row.ts';
import { executionName } from '../../../lambdas/shared/names.ts';
import { checkStatus } from '../../../lambdas/steps/check-status.ts';
import { newJobTables } from '../../../lambdas/stores/guards.ts';
import { storedReports } from '../../../lambdas/stores/reports.ts';
import { MAX_RESUMED } from '../../../lambdas/watchdog/sweep.ts';
import { STATE, TABLE_NAMES } from '../../../lib/names.ts';
import { OPERATIONS } from '../../simulation/calls.ts';
import { NO_FAULTS, planOf, strikeFrom } from '../../simulation/faults.ts';
import { currentInvocation, invoke } from '../../simulation/gate.ts';
import { simulate } from '../../simulation/runner.ts';
import { cancelRow, putJob, putRow, SCENARIOS, type Scenario, scenarioOf } from '../../simulation/scenarios.ts';
import { openPolis, openTables, type Tables } from '../../simulation/stores.ts';
import { type Breakage, MODEL, openWorld, type SimulatedWorld } from '../../simulation/world.ts';
import { batchEntry, memoryLog, plan, reportRow } from '../make.ts';
import { WORKSPACE } from '../workspace.ts';
import { arn, askedBy, askedByApi, distinct, type FunctionCall } from './calls.ts';
import { MACHINE } from './policies.ts';

type Row = Record<string, unknown>;

/** Faults after which a function does what it otherwise does not. */
const FAULTS: readonly [scenario: string, fault: string][] = [
  // a submission whose answer was lost is settled, and one that was not received is taken back
  ['one', 'a.submit#1/anthropic create#1 before error'],
  ['one', 'a.submit#1/anthropic create#1 after timeout'],
  ['one', 'a.collect#1/anthropic results#1 before error'],
  ['one', 'a.check-status#1/anthropic retrieve#1 before stopped'],
  ['two', 'a.submit#1/anthropic create#1 before stopped'],
  ['two', 'a.collect#1/anthropic results#1 before stopped'],
  ['adopted', 'a.adopt#1/postgres comments#1 before stopped'],
];

const polis = openPolis();
const data = polis.data;
const log = memoryLog().log;

/**
 * Runs every function in this process, by the scenarios of the simulation and some of its faults, and by calls of the HTTP API.
 * @returns each different call that they made to DynamoDB, Step Functions and the Anthropic API
 */
export async function recordedCalls(): Promise<FunctionCall[]> {
  const calls: FunctionCall[] = [];
  for (const scenario of [...SCENARIOS, stubborn, unadopted, contended]) await record(calls, scenario);
  for (const [name, fault] of FAULTS) {
    const { struck } = await record(calls, scenarioOf(name), fault);
    if (struck.length === 0) throw new Error(`the fault never struck: ${name}, ${fault}`);
  }
  await record(calls, scenarioOf('one'), undefined, answeringBadlyFirst);
  await record(calls, cancelledUnsettled, 'a.submit#1/anthropic create#2 after timeout');
  await runAlone(calls);
  return distinct(calls);
}

async function record(calls: FunctionCall[], scenario: Scenario, fault?: string, other?: Breakage) {
  const plan = fault ? planOf([strikeFrom(fault)]) : NO_FAULTS;
  const outcome = await simulate(polis, await recordingTables(calls), scenario, plan, { broken: other });
  for (const label of outcome.calls) {
    const [, name = '', service, what = ''] = /^(?:[a-z]\.)?([\w-]+)#\d+\/(states|anthropic) (\w+)#/.exec(label) ?? [];
    if (service === 'states') calls.push({ function: name, action: `states:${what}`, resource: STATES[what] ?? '' });
    if (service === 'anthropic') calls.push({ function: name, ...askedByApi(what, WORKSPACE.workspaceId) });
  }
  return outcome;
}

const STATES: Record<string, string> = {
  StartExecution: arn('states', `stateMachine:${MACHINE}`),
  DescribeExecution: arn('states', `execution:${MACHINE}:of-a-job`),
};

/** Tables in memory that note what each function asks of them. */
async function recordingTables(calls: FunctionCall[]): Promise<Tables & { functionsDb: DynamoDBDocumentClient }> {
  const tables = await openTables('memory', polis);
  const send = (command: { constructor: { name: string }; input: object }) => {
    const name = /^(?:[a-z]\.)?([\w-]+)#/.exec(currentInvocation()?.label ?? '')?.[1];
    // the runner of the simulation looks at rows by the same clients
    if (name) {
      const asked = askedBy(OPERATIONS[command.constructor.name] ?? '', command.input);
      calls.push(...asked.map((one) => ({ function: name, ...one })));
    }
    return tables.db.send(command as never);
  };
  return { ...tables, functionsDb: { send } as unknown as DynamoDBDocumentClient };
}

/** Lines that are filed together. */
const WINDOW = 100;

/** An API whose results answer every request twice: first with an error, and so much later well that the error is stored by then. */
const answeringBadlyFirst: Breakage = {
  steps: ({ batches, ...world }) => ({
    ...world,
    batches: {
      ...batches,
      async results(batchId) {
        const lines = (await text(Readable.from(await batches.results(batchId)))).trimEnd().split('\n');
        const bad = lines.map((line) => JSON.stringify({ ...JSON.parse(line), result: { type: 'errored' } }));
        const between = Array.from({ length: WINDOW }, (_, nth) => `no line ${nth}`);
        return Readable.from([Buffer.from([...bad, ...between, ...lines, ''].join('\n'))]);
      },
    },
  }),
};

const REPORT = { report_id: data.report.report_id, conversation_id: String(data.conversation.zid), model: MODEL };

/** The row of a batch that the old pipeline sent. */
const batchRow = (world: SimulatedWorld, suffix: string, changes: Row): Row & { job_id: string } => {
  const sender = serverJob(REPORT, world.now(), suffix);
  const job_id = `batch_check_${sender.job_id}_1700000100`;
  return {
    ...sender,
    job_type: AWAITING_BATCH,
    batch_id: `msgbatch_${suffix}`,
    batch_job_id: sender.job_id,
    ...changes,
    job_id,
  };
};

const stubborn: Scenario = {
  name: 'stubborn',
  about: 'a job with a section of which a clause has no claim however often it is asked for: the sentence is taken out',
  ends: 'COMPLETED',
  async begin(world, polis, suffix) {
    const { script } = world.standIn;
    script.result(({ custom_id }) => custom_id.endsWith('_1_0'), { kind: 'lie', lie: 'no_claim', stubborn: true });
    return [await putJob(world, polis, `${suffix}0`)];
  },
};

const unadopted: Scenario = {
  name: 'unadopted',
  about: 'a batch of the old pipeline for another conversation’s report, which is refused',
  ends: 'COMPLETED',
  async begin(world, _, suffix) {
    const row = batchRow(world, suffix, { conversation_id: '999' });
    await putRow(world, row);
    return [row.job_id];
  },
};

const contended: Scenario = {
  name: 'contended',
  about:
    'rows of one batch that nobody can adopt, of which executions were lost again and again; and a row that cannot be read',
  ends: 'COMPLETED',
  async begin(world, _, suffix) {
    const rows = [0, 1].map((nth) =>
      batchRow(world, `${suffix}${nth}`, { batch_id: 'msgbatch_of_both', conversation_id: '999' }),
    );
    for (const row of rows) {
      const lost = { status: 'PROCESSING', version: 2, worker_id: executionName(row.job_id, 1), resumed: MAX_RESUMED };
      await putRow(world, { ...row, ...lost });
    }
    await putRow(world, { ...serverJob(REPORT, world.now(), `${suffix}2`), version: 'none' });
    world.pass(3_600);
    await world.sweep();
    return [];
  },
};

const cancelledUnsettled: Scenario = {
  name: 'cancelled unsettled',
  about:
    'a job of two batches that is cancelled while it is not clear whether the second one exists, and the first one has ended',
  ends: 'CANCELLED',
  secondsPerBatch: 1,
  async begin(world, polisSide, suffix) {
    const jobId = await putJob(world, polisSide, `${suffix}0`);
    world.onWait((state) => state === STATE.waitForSubmissionToSettle && cancelRow(world, jobId));
    return [jobId];
  },
};

/** A section without evidence of its claims. */
const UNCHECKED = JSON.stringify({
  id: 'x',
  title: 'x',
  paragraphs: [{ id: 'p', title: '', sentences: [{ clauses: [{ text: 'It is said.', citations: [1] }] }] }],
});

/** Functions that are called by themselves: those of the HTTP API, and a check of a batch that is gone. */
async function runAlone(calls: FunctionCall[]): Promise<void> {
  const tables = await recordingTables(calls);
  const world = await openWorld(polis, tables, { plan: NO_FAULTS });
  const { functionsDb: db } = tables;
  const { now, steps } = world;
  const call = <T>(name: string, work: () => Promise<T>) => invoke(`${name}#1`, work);
  try {
    const gone = batchEntry({ job_id: 'gone', state: 'submitted', batch_id: 'msgbatch_gone', adopted: true });
    await world.db.send(new PutCommand({ TableName: TABLE_NAMES.ledger, Item: gone }));
    const state = {
      job_id: 'gone',
      job_type: serverJob(REPORT, now(), '0').job_type,
      version: 1,
      execution: 'gone-v1',
    };
    await call('check-status', () => checkStatus(steps, { ...state, round: 1, refusals: MAX_REFUSALS }));

    const conversations = {
      report: async () => ({ zid: data.conversation.zid, rid: data.report.rid, labels: [], mod_level: -1 }),
    };
    const deps = {
      ...newJobTables(db, { jobs: TABLE_NAMES.jobs, ledger: TABLE_NAMES.ledger }),
      conversations,
      now,
      randomHex: () => '0a1b2c3d',
      defaultModel: MODEL,
      log,
    };
    for (const idempotency_key of ['one', 'two'])
      await call('api-batch-reports', () =>
        answerBatchReports(deps, { body: JSON.stringify({ ...REPORT, idempotency_key }) } as never),
      );
    const { job_id } = serverJob(REPORT, now(), '0a1b2c3d');
    await call('api-cancel', () =>
      answerCancel({ jobs: steps.jobs, now, stage: '', log }, { params: { job_id } } as never),
    );
    const reports = (reportId: string) => storedReports(db, TABLE_NAMES.reports, reportId);
    await call('api-reports', () => answerReports({ storedReports: reports, log }, { query: REPORT } as never));
    // the votes of a section that was not checked are read from the ledger
    await world.db.send(new PutCommand({ TableName: TABLE_NAMES.ledger, Item: plan({ job_id: 'page', sections: 1 }) }));
    const row = { ...reportRow({ job_id: 'page' }), report_id: REPORT.report_id, report_data: UNCHECKED };
    await world.db.send(new PutCommand({ TableName: TABLE_NAMES.reports, Item: row }));
    const none = { report: async () => undefined, comments: async () => [], about: async () => ({}) as never };
    const page = { ...steps, storedReports: reports, conversations: none, log };
    await call('api-report-page', () => answerReportPage(page, { query: {}, params: REPORT, body: '' }));
  } finally {
    await world.close();
  }
}
