import type { _Record as StreamRecord } from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBRecord } from 'aws-lambda';

/** A record as the SDK reads it from a stream, in the JSON shape that Lambda hands to a function. */
export function toLambdaRecord(record: StreamRecord, streamArn: string): DynamoDBRecord {
  const { ApproximateCreationDateTime: created, ...dynamodb } = record.dynamodb ?? {};
  const json = {
    ...record,
    eventSourceARN: streamArn,
    dynamodb: { ...dynamodb, ...(created && { ApproximateCreationDateTime: Math.floor(created.getTime() / 1000) }) },
  };
  return JSON.parse(JSON.stringify(json, binaryAsBase64));
}

function binaryAsBase64(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}
