import { REPORT_JSON_SCHEMA } from '../shape.ts';
import { SYSTEM_PROMPT } from './system.ts';

/** Thinking and text together; 8,000 proved necessary with current models. */
export const FIRST_MAX_TOKENS = 8_000;
const MOST_MAX_TOKENS = 32_000;

/** Room for an answer that was cut off: twice as much, up to 32,000. */
export const moreTokens = (maxTokens: number): number => Math.min(maxTokens * 2, MOST_MAX_TOKENS);

/** One request of a batch. */
export interface BatchRequest {
  custom_id: string;
  params: {
    model: string;
    max_tokens: number;
    system: { type: 'text'; text: string; cache_control: { type: 'ephemeral'; ttl: '1h' } }[];
    messages: { role: 'user'; content: string }[];
    output_config: { format: { type: 'json_schema'; schema: typeof REPORT_JSON_SCHEMA } };
  };
}

/** The request for one section. @param system the job's fixed part, as its plan keeps it */
export function batchRequest(input: {
  customId: string;
  model: string;
  maxTokens: number;
  prompt: string;
  system?: string;
}): BatchRequest {
  return {
    custom_id: input.customId,
    params: {
      model: input.model,
      max_tokens: input.maxTokens,
      system: [{ type: 'text', text: input.system ?? SYSTEM_PROMPT, cache_control: { type: 'ephemeral', ttl: '1h' } }],
      messages: [{ role: 'user', content: input.prompt }],
      output_config: { format: { type: 'json_schema', schema: REPORT_JSON_SCHEMA } },
    },
  };
}
