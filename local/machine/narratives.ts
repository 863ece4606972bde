import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import synthesized from './narratives.json' with { type: 'json' };
import type { StreamPattern } from './stream-filter.ts';

/** What the local run takes from the very template that would be deployed. */
export interface SynthesizedNarratives {
  /** The state machine in the Amazon States Language; its ARNs are made up, but valid. */
  definition: StateMachineDefinition;
  /** Which step each Task state calls. */
  stepOfState: Record<string, string>;
  /** The step that the job table's stream calls. */
  streamStep: string;
  /** The stream mapping's filter patterns: a record passes if it matches one of them. */
  filters: StreamPattern[];
  batchSize: number;
  /** Tries after the first, before a record becomes a dead letter. */
  retryAttempts: number;
  /** One for each table that the data stack creates, the job table with its stream. */
  tables: CreateTableCommandInput[];
}

/**
 * The state machine, stream filters and tables of the templates, as `npm run generate` took them from the CDK app. They are kept,
 * because the CDK takes a second and some hundred megabytes at every start; a test holds them equal to the templates.
 */
export const NARRATIVES = synthesized as unknown as SynthesizedNarratives;
