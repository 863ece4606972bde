import * as z from 'zod';
import type { BatchRequest } from './faults.ts';
import { type ApiVersion, invalidRequest } from './http.ts';

const MAX_REQUESTS = 100_000;
const MAX_CACHE_MARKS = 4;

const CacheControl = z.strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() });
const TextBlock = z.looseObject({
  type: z.literal('text'),
  text: z.string().min(1),
  cache_control: CacheControl.nullish(),
});
/** Other blocks (images, tool results …) are accepted unchecked: this project sends none. */
const OtherBlock = z.looseObject({
  type: z.string().refine((type) => type !== 'text', 'text blocks need a text that is not empty'),
  cache_control: CacheControl.nullish(),
});
const Content = z.union([z.string().min(1), z.array(z.union([TextBlock, OtherBlock])).min(1)]);
const Message = z.strictObject({ role: z.enum(['user', 'assistant']), content: Content });
const Thinking = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('enabled'), budget_tokens: z.number().int().min(1024) }),
  z.looseObject({ type: z.literal('adaptive') }),
  z.looseObject({ type: z.literal('disabled') }),
  z.looseObject({ type: z.literal('between_tools') }),
]);
const OutputConfig = z.strictObject({
  effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  format: z.strictObject({ type: z.literal('json_schema'), schema: z.looseObject({}) }).nullish(),
});

const counted = {
  model: z.string().min(1),
  messages: z.array(Message).min(1).max(100_000),
  system: z.union([z.string(), z.array(TextBlock)]).optional(),
  cache_control: CacheControl.nullish(),
  output_config: OutputConfig.optional(),
  speed: z.enum(['standard', 'fast']).nullish(),
  thinking: Thinking.optional(),
  tool_choice: z.looseObject({ type: z.string() }).optional(),
  tools: z.array(z.looseObject({})).optional(),
};
const CountParams = z.strictObject(counted);
const Params = z.strictObject({
  ...counted,
  max_tokens: z.number().int().min(1),
  container: z.unknown().optional(),
  diagnostics: z.unknown().optional(),
  inference_geo: z.string().nullish(),
  metadata: z.strictObject({ user_id: z.string().max(256).nullish() }).optional(),
  service_tier: z.enum(['auto', 'standard_only']).optional(),
  stop_sequences: z.array(z.string().min(1)).optional(),
  stream: z.literal(false, { error: 'streaming is not possible in a batch' }).optional(),
  user_profile_id: z.string().optional(),
  temperature: z.number().min(0).max(1).optional(),
  top_p: z.number().min(0).max(1).optional(),
  top_k: z.number().int().min(0).optional(),
});

export type MessageParams = z.infer<typeof Params>;
export type CountTokensParams = z.infer<typeof CountParams>;
type Checked = CountTokensParams & { max_tokens?: number; temperature?: number; top_p?: number; top_k?: number };

const Body = z.strictObject({
  requests: z
    .array(
      z.strictObject({
        custom_id: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
        params: z.record(z.string(), z.unknown()),
      }),
    )
    .min(1)
    .max(MAX_REQUESTS),
});

/**
 * The requests of a batch. `params` are not checked here: what is wrong with them ends that request as errored.
 * @throws ApiError 400 for another shape, 0 or more than 100,000 requests, or a custom_id that is malformed or used twice
 */
export function parseBatchBody(body: unknown): BatchRequest[] {
  const parsed = Body.safeParse(body);
  if (!parsed.success) throw invalidRequest(issueText(parsed.error));
  const seen = new Map<string, number>();
  for (const [index, { custom_id }] of parsed.data.requests.entries()) {
    const first = seen.get(custom_id);
    if (first !== undefined) {
      throw invalidRequest(`requests.${index}.custom_id: '${custom_id}' is already the custom_id of requests.${first}`);
    }
    seen.set(custom_id, index);
  }
  return parsed.data.requests;
}

/** Why the API would end this request as `errored` with invalid_request_error; undefined when it would process it. */
export function requestRefusal(params: unknown, version: ApiVersion, models: readonly string[]): string | undefined {
  const parsed = Params.safeParse(params);
  if (!parsed.success) return issueText(parsed.error);
  return contentRefusal(parsed.data as Checked, version, models);
}

/**
 * The parameters of POST /v1/messages/count_tokens.
 * @throws ApiError 400 for whatever `requestRefusal` names, and for parameters that this endpoint does not take
 */
export function parseCountTokens(body: unknown, version: ApiVersion, models: readonly string[]): CountTokensParams {
  const parsed = CountParams.safeParse(body);
  if (!parsed.success) throw invalidRequest(issueText(parsed.error));
  const refusal = contentRefusal(parsed.data as Checked, version, models);
  if (refusal !== undefined) throw invalidRequest(refusal);
  return parsed.data;
}

/** The params of a request that `requestRefusal` has accepted. */
export function messageParams(request: BatchRequest): MessageParams {
  return request.params as unknown as MessageParams;
}

function contentRefusal(params: Checked, version: ApiVersion, models: readonly string[]): string | undefined {
  if (!models.includes(params.model)) return `model: ${params.model} is not known`;
  const sampling = (['temperature', 'top_p', 'top_k'] as const).find((name) => params[name] !== undefined);
  if (version === '2026-10-21' && sampling !== undefined) return `${sampling}: not accepted by API version ${version}`;
  if (params.messages[0]?.role !== 'user') return 'messages.0.role: the first message must be of the user';
  if (params.messages.at(-1)?.role === 'assistant') {
    return 'messages: prefilling assistant messages is not supported; the last message must be of the user';
  }
  const marks = cacheMarks(params);
  if (marks > MAX_CACHE_MARKS) return `cache_control: at most ${MAX_CACHE_MARKS} blocks can carry it, found ${marks}`;
  const { thinking, max_tokens } = params;
  if (thinking?.type === 'enabled' && max_tokens !== undefined && thinking.budget_tokens >= max_tokens) {
    return 'thinking.budget_tokens: must be less than max_tokens';
  }
  const format = params.output_config?.format;
  return format === undefined || format === null ? undefined : schemaRefusal(format.schema);
}

function cacheMarks(params: Checked): number {
  const blocks = [params.system ?? [], ...params.messages.map(({ content }) => content), params.tools ?? []]
    .filter((part) => typeof part !== 'string')
    .flat();
  return blocks.filter((block) => block.cache_control != null).length + (params.cache_control != null ? 1 : 0);
}

function issueText(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue?.code === 'unrecognized_keys') {
    return `${[...issue.path, issue.keys[0] ?? ''].join('.')}: Extra inputs are not permitted`;
  }
  return `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'is not valid'}`;
}

/**
 * What the structured outputs of the API refuse in a JSON schema. Source: "JSON Schema limitations" on the API's page
 * on structured outputs, the SDK's own `transformJSONSchema`, and the messages of refused calls in public issues.
 */
type Schema = Record<string, unknown>;

const ANNOTATIONS = [
  'title',
  'description',
  'default',
  'examples',
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
];
const ANY_TYPE = ['type', 'enum', 'const', 'anyOf', 'allOf', '$ref', ...ANNOTATIONS];
const KEYWORDS: Record<string, readonly string[]> = {
  object: ['properties', 'required', 'additionalProperties'],
  array: ['items', 'minItems'],
  string: ['format', 'pattern'],
};
const ALL_KEYWORDS = new Set([...ANY_TYPE, ...Object.values(KEYWORDS).flat()]);
const TYPES = new Set(['object', 'array', 'string', 'integer', 'number', 'boolean', 'null']);
const FORMATS = new Set(['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid']);
const MAX_OPTIONAL = 24;
const MAX_UNIONS = 16;

interface Walk {
  root: Schema;
  optional: number;
  unions: number;
}

/** Says why the API would refuse a schema, or returns undefined. Paths are those of `output_config.format.schema`. */
export function schemaRefusal(root: unknown): string | undefined {
  const walk: Walk = { root: isSchema(root) ? root : {}, optional: 0, unions: 0 };
  const refusal = nodeRefusal(root, walk, []);
  if (refusal !== undefined) return `output_config.format.schema: ${refusal}`;
  if (walk.optional > MAX_OPTIONAL) return `output_config.format.schema: more than ${MAX_OPTIONAL} optional properties`;
  if (walk.unions > MAX_UNIONS)
    return `output_config.format.schema: more than ${MAX_UNIONS} properties with union types`;
  return undefined;
}

/** `refs` holds the references that lead here; one that comes again is recursion. */
function nodeRefusal(node: unknown, walk: Walk, refs: readonly string[]): string | undefined {
  if (!isSchema(node)) return 'each schema must be an object';
  if (typeof node.$ref === 'string') return refRefusal(node.$ref, walk, refs);
  const own = keywordRefusal(node) ?? objectRefusal(node, walk) ?? valueRefusal(node);
  if (own !== undefined) return own;
  if (Array.isArray(node.type) || Array.isArray(node.anyOf)) walk.unions++;
  for (const child of childrenOf(node)) {
    const refusal = nodeRefusal(child, walk, refs);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function keywordRefusal(node: Schema): string | undefined {
  const type = node.type;
  const types = Array.isArray(type) ? type : type === undefined ? [] : [type];
  const unknown = types.find((name) => typeof name !== 'string' || !TYPES.has(name));
  if (unknown !== undefined) return `'${String(unknown)}' is not a type`;
  const bound = ['enum', 'const', 'anyOf', 'allOf'].some((key) => key in node);
  if (types.length === 0 && !bound) return 'a schema without type, enum, const, anyOf, allOf or $ref is not supported';
  const allowed =
    types.length === 0 ? ALL_KEYWORDS : new Set([...ANY_TYPE, ...types.flatMap((name) => KEYWORDS[name] ?? [])]);
  const refused = Object.keys(node).find((key) => !allowed.has(key));
  return refused === undefined
    ? undefined
    : `For '${types.join("' | '") || 'any'}' type, property '${refused}' is not supported`;
}

function objectRefusal(node: Schema, walk: Walk): string | undefined {
  const isObject = node.type === 'object' || (Array.isArray(node.type) && node.type.includes('object'));
  if (!isObject) return undefined;
  if (node.additionalProperties !== false) {
    return "For 'object' type, 'additionalProperties' must be explicitly set to false";
  }
  const required = Array.isArray(node.required) ? node.required : [];
  walk.optional += Object.keys(isSchema(node.properties) ? node.properties : {}).filter(
    (name) => !required.includes(name),
  ).length;
  return undefined;
}

function valueRefusal(node: Schema): string | undefined {
  const { minItems, enum: values, format, pattern } = node;
  if (minItems !== undefined && minItems !== 0 && minItems !== 1) {
    return "For 'array' type, 'minItems' values other than 0 or 1 are not supported";
  }
  if (Array.isArray(values) && values.some((value) => typeof value === 'object' && value !== null)) {
    return 'enum values must be strings, numbers, booleans or null';
  }
  if (format !== undefined && !FORMATS.has(String(format)))
    return `For 'string' type, format '${String(format)}' is not supported`;
  if (typeof pattern === 'string' && /\(\?[=!<]|\\[1-9bB]/.test(pattern)) {
    return 'pattern: look-around, back references and word boundaries are not supported';
  }
  return undefined;
}

function refRefusal(ref: string, walk: Walk, refs: readonly string[]): string | undefined {
  const [, place, name] = /^#\/(\$defs|definitions)\/(.+)$/.exec(ref) ?? [];
  if (place === undefined || name === undefined) return `$ref '${ref}' must point into #/$defs`;
  if (refs.includes(ref)) return 'recursive schemas are not supported';
  const definitions = walk.root[place];
  const target = isSchema(definitions) ? definitions[name] : undefined;
  return target === undefined ? `$ref '${ref}' points at nothing` : nodeRefusal(target, walk, [...refs, ref]);
}

function childrenOf(node: Schema): unknown[] {
  const lists = [node.anyOf, node.allOf].flatMap((list) => (Array.isArray(list) ? list : []));
  const maps = [node.properties, node.$defs, node.definitions];
  const members = maps.flatMap((map) => (isSchema(map) ? Object.values(map) : []));
  return [...lists, ...members, ...('items' in node ? [node.items] : [])];
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
