import { answerText, userText } from './answer-text.ts';
import type { BatchRequest } from './batch-request.ts';
import type { ResultFault } from './faults.ts';
import { hash32, idFrom } from './random.ts';
import { type MessageParams, messageParams } from './request-rules.ts';
import { tokensOf, usageOf } from './tokens.ts';
import type { Usage } from './types.ts';

/** One request in this many is answered with a thinking block before the text. */
const THINKING_ONE_IN = 3;

type Block = Record<string, unknown> & { type: string };
export interface Answer {
  content: Block[];
  stop_reason: string;
  stop_details: { type: 'refusal'; category: null; explanation: null } | null;
  outputTokens: number;
}

/** The complete `message` of a succeeded result. Follows from the request alone, so it can be made again at any time. */
export function messageOf(batchId: string, request: BatchRequest, answer: Answer, usage: Usage) {
  return {
    id: idFrom('msg', `${batchId}/${request.custom_id}`),
    type: 'message',
    role: 'assistant',
    model: messageParams(request).model,
    content: answer.content,
    stop_reason: answer.stop_reason,
    stop_sequence: null,
    stop_details: answer.stop_details,
    container: null,
    diagnostics: null,
    usage,
  };
}

/** What the model says to a request, its stop reason and its output tokens (thinking and text together). */
export function answerOf(request: BatchRequest, fault: ResultFault | undefined): Answer {
  const params = messageParams(request);
  if (fault?.kind === 'refusal') {
    return { ...stopped([], 'refusal'), stop_details: { type: 'refusal', category: null, explanation: null } };
  }
  const thinking = thinkingBlocks(request.custom_id, params);
  const text = answerText(params, fault);
  const blocks = [...thinking, ...(fault?.kind === 'empty_content' ? [] : [{ type: 'text', text }])];
  switch (fault?.kind) {
    case 'max_tokens':
      return stopped(truncated(blocks, Math.floor(lengthOf(blocks) / 2)), 'max_tokens', params.max_tokens);
    case 'context_window':
      return stopped(truncated(blocks, Math.floor(lengthOf(blocks) / 2)), 'model_context_window_exceeded');
    case 'tool_use':
      return stopped(
        [...thinking, { type: 'tool_use', id: idFrom('toolu', request.custom_id), name: 'look_up', input: {} }],
        'tool_use',
      );
    case 'pause_turn':
      return stopped(truncated(blocks, Math.floor(lengthOf(blocks) / 3)), 'pause_turn');
    default:
      return capped(blocks, params.max_tokens);
  }
}

/** Usage of a request that ends with that answer. */
export function answerUsage(request: BatchRequest, answer: Answer, cached: (key: string) => boolean): Usage {
  return usageOf(messageParams(request), answer.outputTokens, cached);
}

/** Ends at `max_tokens` by itself when the answer does not fit. */
function capped(blocks: Block[], maxTokens: number): Answer {
  const fits = tokensOf(lengthOf(blocks)) <= maxTokens;
  return fits ? stopped(blocks, 'end_turn') : stopped(truncated(blocks, maxTokens * 4), 'max_tokens', maxTokens);
}

function stopped(
  content: Block[],
  stopReason: string,
  outputTokens = Math.max(1, tokensOf(lengthOf(content))),
): Answer {
  return { content, stop_reason: stopReason, stop_details: null, outputTokens };
}

/** The first so many characters of the blocks; thinking comes first and eats from the same allowance. */
function truncated(blocks: Block[], characters: number): Block[] {
  let left = characters;
  return blocks.flatMap((block) => {
    const field = block.type === 'thinking' ? 'thinking' : 'text';
    const text = String(block[field])
      .slice(0, left)
      .replace(/[\uD800-\uDBFF]$/, '');
    left -= text.length;
    return text === '' ? [] : [{ ...block, [field]: text }];
  });
}

function lengthOf(blocks: Block[]): number {
  return blocks.reduce((sum, block) => sum + String(block.thinking ?? block.text ?? '').length, 0);
}

function thinkingBlocks(customId: string, params: MessageParams): Block[] {
  if (params.thinking?.type === 'disabled' || hash32(customId) % THINKING_ONE_IN !== 0) return [];
  const rows = userText(params).match(/^\s*\d+\|/gm)?.length ?? 0;
  const thinking = `There are ${rows} statements to report on. First I compare the groups on each of them, then I look for common ground.`;
  return [{ type: 'thinking', thinking, signature: Buffer.from(idFrom('sig', customId)).toString('base64') }];
}
