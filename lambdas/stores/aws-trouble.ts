import { isFault, NarrativesError, StoreUnavailable } from '../shared/errors.ts';

/**
 * Errors of AWS services that trying again does not fix, by the names that the services document. Whatever else comes from a
 * service or the network passes: throttling, outages, names that do not resolve, credentials that are being renewed.
 */
const PERMANENT = new Set([
  'AccessDeniedException',
  'ResourceNotFoundException',
  'SerializationException',
  'UnknownOperationException',
  'ValidationException',
  // DynamoDB; the first two are answers
  'ConditionalCheckFailedException',
  'TransactionCanceledException',
  'IdempotentParameterMismatchException',
  'ItemCollectionSizeLimitExceededException',
  'RequestEntityTooLargeException',
  // Step Functions
  'InvalidArn',
  'InvalidExecutionInput',
  'InvalidName',
  'StateMachineDoesNotExist',
  // Secrets Manager
  'DecryptionFailure',
  'InvalidParameterException',
  'InvalidRequestException',
]);

interface AwsError {
  name?: string;
  code?: unknown;
  $metadata?: unknown;
}

/**
 * An error of a call to AWS as it should leave a store. The SDK has already retried what it takes for temporary.
 * @param what the service and what it could not do, such as `DynamoDB could not read T`
 * @returns StoreUnavailable for what may pass; the error itself for what is permanent, is a fault of ours, or comes neither
 * from a service nor from the network
 */
export function awsTrouble(what: string, error: unknown): unknown {
  if (error instanceof NarrativesError || isFault(error)) return error;
  const { name = '', code, $metadata } = (error ?? {}) as AwsError;
  // the SDK names its errors and puts metadata on them, Node puts a code on those of the network; a bare Error is neither's
  const isOfCall = $metadata !== undefined || typeof code === 'string' || name !== 'Error';
  if (!isOfCall || PERMANENT.has(name)) return error;
  const tag = typeof code === 'string' && code !== name ? `${name} ${code}` : name;
  return new StoreUnavailable(`${what} (${tag})`, { cause: error });
}
