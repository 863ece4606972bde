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

/** `refs` holds the references that lead here; meeting one again means recursion. */
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
