import { type JsonSchema, READ_BACK_JSON_SCHEMA, REPORT_JSON_SCHEMA } from './shape.ts';

/** Thinking and text together; 8,000 proved necessary with current models. */
export const FIRST_MAX_TOKENS = 8_000;
const TOKENS_LIMIT = 32_000;
/** A code for each clause, and what a model thinks before it. */
export const READ_BACK_MAX_TOKENS = 4_000;

/** Room for an answer that was cut off: twice as much, up to 32,000. */
export const moreTokens = (maxTokens: number): number => Math.min(maxTokens * 2, TOKENS_LIMIT);

export interface Message {
  role: 'user' | 'assistant';
  content: string;
}

/** One request of a batch. */
export interface BatchRequest {
  custom_id: string;
  params: {
    model: string;
    max_tokens: number;
    system: { type: 'text'; text: string; cache_control?: { type: 'ephemeral'; ttl: '1h' } }[];
    messages: Message[];
    output_config: { format: { type: 'json_schema'; schema: JsonSchema } };
  };
}

/** What a request asks for: a section, or to read the claims of one back from its clauses. */
export type Asked = 'section' | 'read back';

/**
 * One request of a batch.
 * @param system its fixed part
 * @param cached whether the fixed part is marked for the one-hour cache
 * @param claims whether each clause of the answer has a claim
 */
export function batchRequest(input: {
  customId: string;
  model: string;
  maxTokens: number;
  system: string;
  messages: Message[];
  cached: boolean;
  claims: boolean;
  asks?: Asked;
}): BatchRequest {
  const { asks = 'section', claims } = input;
  return {
    custom_id: input.customId,
    params: {
      model: input.model,
      max_tokens: input.maxTokens,
      system: [
        {
          type: 'text',
          text: input.system,
          ...(input.cached ? { cache_control: { type: 'ephemeral', ttl: '1h' } as const } : {}),
        },
      ],
      messages: input.messages,
      output_config: {
        format: {
          type: 'json_schema',
          schema: asks === 'section' ? REPORT_JSON_SCHEMA[claims ? 'claims' : 'plain'] : READ_BACK_JSON_SCHEMA,
        },
      },
    },
  };
}
