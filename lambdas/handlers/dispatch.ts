import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Context, DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { environment } from '../runtime/environment.ts';
import { log, tellable } from '../runtime/log.ts';
import { metrics, publishMetrics } from '../runtime/metrics.ts';
import { type DispatchDeps, dispatch } from '../steps/dispatch.ts';
import { documentClient } from '../stores/dynamodb.ts';
import { stepFunctions } from '../stores/executions.ts';
import { jobTable } from '../stores/jobs.ts';

/** Starts executions for records of the job table's stream; a record that fails is reported for redelivery. */
export const streamHandler = (deps: DispatchDeps) => {
  const processor = new BatchProcessor(EventType.DynamoDBStreams);
  const each = async (record: DynamoDBRecord): Promise<void> => {
    const image = record.dynamodb?.NewImage;
    try {
      // a number too large to be exact must not keep the row from being read
      if (image) await dispatch(deps, unmarshall(image as Record<string, AttributeValue>, { wrapNumbers: Number }));
    } catch (error) {
      // a dead letter only says where its record is in the stream, so the reason must be in the log
      const fields = { job_id: record.dynamodb?.Keys?.job_id?.S, event_id: record.eventID, ...tellable(error) };
      deps.log.error('record could not be dispatched', fields);
      throw error;
    }
  };
  return (event: DynamoDBStreamEvent, context?: Context): Promise<DynamoDBBatchResponse> =>
    processPartialResponse(event, each, processor, { throwOnFullBatchFailure: false, ...(context ? { context } : {}) });
};

let handle: ReturnType<typeof streamHandler> | undefined;

export const handler = (event: DynamoDBStreamEvent, context: Context): Promise<DynamoDBBatchResponse> => {
  if (!handle) {
    const env = environment('JOB_TABLE', 'STATE_MACHINE_ARN', 'STAGE');
    const jobs = jobTable(documentClient(), env.JOB_TABLE);
    handle = streamHandler({
      jobs,
      executions: stepFunctions(env.STATE_MACHINE_ARN),
      stage: env.STAGE,
      log,
      metrics,
      now: () => new Date(),
    });
  }
  return handle(event, context).finally(publishMetrics);
};
