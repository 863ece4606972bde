import { hash } from 'node:crypto';
import type { CountTokensParams, MessageParams } from './request-rules.ts';
import type { Usage } from './types.ts';

/** About four characters of English make a token. */
const CHARACTERS_PER_TOKEN = 4;
/** The smallest prefix that any model caches; larger ones ask for up to 4,096 tokens. */
const MIN_CACHED_TOKENS = 1024;

export interface Prefix {
  /** Same key, same model and same text up to here. */
  key: string;
  tokens: number;
  ttl: '5m' | '1h';
}

/** Tokens of a text of that many characters. */
export function tokensOf(characters: number): number {
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}

/** All the input of a request in tokens: tools, system, messages and output schema. */
export function inputTokens(params: CountTokensParams): number {
  const characters = blocksOf(params).reduce((sum, block) => sum + block.text.length, 0);
  const schema = params.output_config?.format == null ? 0 : JSON.stringify(params.output_config.format.schema).length;
  return tokensOf(characters + schema) + 4 * params.messages.length;
}

/** The prefixes of a request that are marked for the cache and long enough for it, shortest first. */
export function cachePrefixes(params: MessageParams): Prefix[] {
  const blocks = blocksOf(params);
  const last = blocks.at(-1);
  if (params.cache_control != null && last !== undefined) last.ttl ??= params.cache_control.ttl ?? '5m';
  const prefixes: Prefix[] = [];
  let characters = 0;
  let key = params.model;
  const marked = blocks.slice(0, blocks.findLastIndex(({ ttl }) => ttl !== undefined) + 1);
  for (const block of marked) {
    characters += block.text.length;
    key = hash('sha1', `${key}\n${block.text}`, 'base64');
    const tokens = tokensOf(characters);
    if (block.ttl !== undefined && tokens >= MIN_CACHED_TOKENS) prefixes.push({ key, tokens, ttl: block.ttl });
  }
  return prefixes;
}

/** Usage of one request. `cached` tells whether an earlier request of the batch has written that prefix. */
export function usageOf(params: MessageParams, outputTokens: number, cached: (key: string) => boolean): Usage {
  const prefixes = cachePrefixes(params);
  const longest = prefixes.at(-1);
  const read = prefixes.findLast(({ key }) => cached(key))?.tokens ?? 0;
  const written = (longest?.tokens ?? 0) - read;
  return {
    input_tokens: Math.max(0, inputTokens(params) - (longest?.tokens ?? 0)),
    output_tokens: outputTokens,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: read,
    cache_creation: {
      ephemeral_1h_input_tokens: longest?.ttl === '1h' ? written : 0,
      ephemeral_5m_input_tokens: longest?.ttl === '5m' ? written : 0,
    },
    service_tier: 'batch',
  };
}

interface Block {
  text: string;
  ttl: '5m' | '1h' | undefined;
}

function blocksOf(params: CountTokensParams): Block[] {
  const contents = [params.tools ?? [], params.system ?? [], ...params.messages.map(({ content }) => content)];
  const parts: (string | Record<string, unknown>)[] = contents.flat();
  return parts.map(toBlock);
}

function toBlock(block: string | Record<string, unknown>): Block {
  if (typeof block === 'string') return { text: block, ttl: undefined };
  const mark = block.cache_control as { ttl?: '5m' | '1h' } | null | undefined;
  const text = typeof block.text === 'string' ? block.text : JSON.stringify(block);
  return { text, ttl: mark == null ? undefined : (mark.ttl ?? '5m') };
}
