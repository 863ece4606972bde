import { hash } from 'node:crypto';
import { notFound } from './http.ts';
import type { CountTokensParams, MessageParams } from './rules.ts';

/** The models that the SDK names in November 2026 and that take batches. */
export const DEFAULT_MODELS: readonly string[] = [
  'claude-opus-5-5',
  'claude-sonnet-5-5',
  'claude-haiku-5-5',
  'claude-sonnet-5',
  'claude-opus-5',
  'claude-opus-4-8',
  'claude-opus-4-7',
  'claude-opus-4-6',
  'claude-sonnet-4-6',
  'claude-haiku-4-5',
  'claude-haiku-4-5-20251001',
  'claude-opus-4-5',
  'claude-opus-4-5-20251101',
  'claude-sonnet-4-5',
  'claude-sonnet-4-5-20250929',
];

/** The API gives the epoch for a date that it does not know; the limits may be null. */
const UNKNOWN_DATE = '1970-01-01T00:00:00Z';
/** The SDK's own list of models that end. */
const RETIRES: Record<string, string> = {
  'claude-sonnet-4-5': '2026-11-30T00:00:00Z',
  'claude-sonnet-4-5-20250929': '2026-11-30T00:00:00Z',
};

function modelInfo(id: string) {
  const retiresAt = RETIRES[id] ?? null;
  return {
    type: 'model',
    id,
    display_name: displayName(id),
    created_at: UNKNOWN_DATE,
    lifecycle: retiresAt === null ? 'active' : 'deprecated',
    deprecated_at: retiresAt === null ? null : UNKNOWN_DATE,
    retires_at: retiresAt,
    line: /(opus|sonnet|haiku|fable|mythos)/.exec(id)?.[1] ?? null,
    max_input_tokens: null,
    max_tokens: null,
    capabilities: null,
  };
}

function displayName(id: string): string {
  const words = id.replace(/-\d{8}$/, '').split('-');
  const names = words.filter((word) => !/^\d+$/.test(word)).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return [...names, words.filter((word) => /^\d+$/.test(word)).join('.')].join(' ').trim();
}

/** Body of GET /v1/models/{id}. @throws ApiError 404 when the model is not known here */
export function retrieveModel(models: readonly string[], id: string) {
  if (!models.includes(id)) throw notFound(`model: ${id}`);
  return modelInfo(id);
}

/** The rows of GET /v1/models, one for each id. */
export function modelRows(models: readonly string[]) {
  return models.map(modelInfo);
}

/** About four characters of English make a token. */
const CHARACTERS_PER_TOKEN = 4;
/** The smallest prefix that any model caches; some models need up to 4,096 tokens. */
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

/** The usage of one message, in tokens. */
export interface Usage {
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
  cache_creation: { ephemeral_1h_input_tokens: number; ephemeral_5m_input_tokens: number };
  service_tier: 'batch';
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
