import { notFound } from './errors.ts';

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

/** The API says "epoch" where it does not tell a date; the limits may be null. */
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
