import { type CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { type LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { DescribeStateMachineCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Deployment } from '../deployment.ts';
import { bad, type Finding, ok, warn } from './finding.ts';

const DEPLOY = 'npx cdk deploy --all';

/** Whether the state machine takes executions. */
export async function checkStateMachine(client: Pick<SFNClient, 'send'>, deployment: Deployment): Promise<Finding> {
  const stateMachineArn = deployment.StateMachineArn;
  const what = 'state machine';
  const { status, name } = await client.send(new DescribeStateMachineCommand({ stateMachineArn }));
  return status === 'ACTIVE' ? ok(what, `${name} is ACTIVE`) : bad(what, `${name} is ${status}`, DEPLOY);
}

/** Whether the job stream is read, and what came of it last. */
export async function checkMapping(client: Pick<LambdaClient, 'send'>, deployment: Deployment): Promise<Finding> {
  const what = 'job stream mapping';
  const FunctionName = deployment.DispatchFunctionName;
  const { EventSourceMappings: found = [] } = await client.send(new ListEventSourceMappingsCommand({ FunctionName }));
  const mapping = found.find(({ EventSourceArn }) =>
    EventSourceArn?.includes(`:table/${deployment.JobTableName}/stream/`),
  );
  if (!mapping) {
    const todo = `${DEPLOY}; if the stream was turned off and on again, set jobTableStreamArn to its new LatestStreamArn first`;
    return bad(what, `function ${FunctionName} does not read the stream of ${deployment.JobTableName}`, todo);
  }
  const { State, UUID, LastProcessingResult: last } = mapping;
  if (State !== 'Enabled') {
    const todo = `aws lambda update-event-source-mapping --uuid ${UUID} --enabled`;
    return bad(what, `is ${State}: new jobs are not heard of`, todo);
  }
  if (last && /PROBLEM|error/i.test(last))
    return warn(what, `is Enabled; last result: ${last}`, `look into the log of function ${FunctionName}`);
  return ok(what, `is Enabled${last ? `; last result: ${last}` : ''}`);
}

/** Whether rows could not be dispatched. */
export async function checkDeadLetters(client: Pick<SQSClient, 'send'>, deployment: Deployment): Promise<Finding> {
  const what = 'dead letters';
  const command = new GetQueueAttributesCommand({
    QueueUrl: deployment.DeadLetterQueueUrl,
    AttributeNames: ['ApproximateNumberOfMessages'],
  });
  const count = Number((await client.send(command)).Attributes?.ApproximateNumberOfMessages ?? 0);
  if (count === 0) return ok(what, 'none');
  return bad(what, `${count} wait: rows that were not dispatched`, 'narratives redrive starts what they stand for');
}

/** Whether something calls the sweep: its rule belongs to the stack. That it is enabled is not asked. */
export async function checkSweep(client: CloudFormationClient, deployment: Deployment): Promise<Finding> {
  const what = 'sweep for forgotten jobs';
  for await (const { StackResourceSummaries = [] } of paginateListStackResources(
    { client },
    { StackName: deployment.stack },
  )) {
    const rule = StackResourceSummaries.find(
      ({ ResourceType, LogicalResourceId }) =>
        /^AWS::(Events::Rule|Scheduler::Schedule)$/.test(ResourceType ?? '') && /sweep/i.test(LogicalResourceId ?? ''),
    );
    if (rule) return ok(what, `is scheduled by ${rule.PhysicalResourceId}`);
  }
  return bad(what, 'is not scheduled: no rule of the stack calls it', DEPLOY);
}
