import { createHash } from 'node:crypto';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { oneLine, useDeployed } from '../../support/cli/deployed.ts';
import { type Answer, AwsError } from '../../support/cli/fake-aws.ts';

const RESULT = { started: 2, resumed: 1, closed: 0, unwatched: 0, oldest_seconds: 90 };
/** The client checks what it receives. */
const BODY = { Body: '{}', MD5OfBody: createHash('md5').update('{}').digest('hex') };
const deployed = useDeployed();
/** Messages that lie in the queue, and those hidden by a receive. */
let lying: string[];
let hidden: string[];
/** What the sweep function answers. */
let swept: () => Answer;

beforeAll(() => {
  const { calls } = deployed.aws;
  calls['AmazonSQS.ReceiveMessage'] = () => {
    const taken = lying.splice(0, 10);
    hidden.push(...taken);
    return { Messages: taken.map((id) => ({ MessageId: id, ReceiptHandle: `receipt-${id}`, ...BODY })) };
  };
  calls['AmazonSQS.DeleteMessageBatch'] = ({ Entries }) => {
    const entries = Entries as { Id: string; ReceiptHandle: string }[];
    const gone = entries.map(({ ReceiptHandle }) => ReceiptHandle.replace('receipt-', ''));
    hidden = hidden.filter((id) => !gone.includes(id));
    return { Successful: entries.map(({ Id }) => ({ Id })), Failed: [] };
  };
  calls['AmazonSQS.ChangeMessageVisibilityBatch'] = ({ Entries }) => {
    const entries = Entries as { Id: string; ReceiptHandle: string }[];
    const back = entries.map(({ ReceiptHandle }) => ReceiptHandle.replace('receipt-', ''));
    hidden = hidden.filter((id) => !back.includes(id));
    lying.push(...back);
    return { Successful: entries.map(({ Id }) => ({ Id })), Failed: [] };
  };
  calls['Lambda.Invoke'] = () => swept();
});
beforeEach(() => {
  lying = Array.from({ length: 23 }, (_, at) => `letter${at}`);
  hidden = [];
  swept = () => RESULT;
});

test('redrive sweeps, then deletes the dead letters that lay there before', async () => {
  swept = () => {
    // one that comes while the sweep runs may be news: it stays
    lying.push('late');
    return RESULT;
  };
  const said = await deployed.run(['redrive', '--json']);
  expect(said.code).toBe(0);
  expect(said.json()).toEqual({ sweep: RESULT, dead_letters: { received: 23, deleted: 23 } });
  expect({ lying, hidden }).toEqual({ lying: ['late'], hidden: [] });
});

test('redrive names the jobs that it found', async () => {
  lying = [];
  swept = () => ({ ...RESULT, jobs: { started: ['job1', 'job2'], resumed: ['job3'] } });
  expect((await deployed.run(['redrive'])).out.split('\n').slice(1, 3)).toEqual([
    '  started: job1, job2',
    '  resumed: job3',
  ]);
});

test('redrive prints its counts in two lines', async () => {
  lying = [];
  expect((await deployed.run(['redrive'])).out).toBe(
    'sweep: started: 2, resumed: 1, closed: 0, unwatched: 0, oldest seconds: 90\ndead letters: 0 received, 0 deleted\n',
  );
});

test('a sweep that cannot be called leaves the dead letters in the queue', async () => {
  swept = () => new AwsError('AccessDeniedException', 'not authorized to perform: lambda:InvokeFunction', 403);
  const said = await deployed.run(['redrive']);
  expect(said.code).toBe(1);
  expect(said.err).toEqual(oneLine(/may not call lambda:InvokeFunction/));
  expect(hidden).toEqual([]);
  expect(lying).toHaveLength(23);
});
