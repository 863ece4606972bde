import { inspect } from 'node:util';

/** What every CDK template holds, whatever it deploys. */
const NOISE = new Set(['CDKMetadata', 'BootstrapVersion', 'CheckBootstrapVersion', 'Conditions', 'Type']);

interface Template {
  Resources: Record<string, { Type: string }>;
}

/**
 * A template as text that only changes when a deployment changes: each resource under its type and name, hashes gone
 * from names, `Fn::Join` and its like as `${Name.Arn}`, the state machine as an object.
 */
export function readable({ Resources, ...rest }: Template): string {
  const entries = Object.entries(Resources).map(([id, resource]) => [
    `${resource.Type} ${withoutHashes(id)}`,
    resource,
  ]);
  const template = { ...rest, Resources: Object.fromEntries(entries) };
  return inspect(plain(template), { depth: null, breakLength: 140, compact: 6, sorted: true });
}

/** CDK puts 8 hex digits behind a logical id, and behind each part of an export's name. */
const withoutHashes = (text: string): string =>
  text.replaceAll(/(?<=[A-Za-z])([0-9A-F]{8})+(?![0-9a-z])/g, '').replaceAll(/[0-9a-f]{64}/g, '<asset>');

function plain(value: unknown): unknown {
  if (typeof value === 'string') return withoutHashes(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const reference = referenceIn(value as Record<string, unknown>);
  if (reference !== undefined) return reference;
  const kept = Object.entries(value).filter(([key]) => !NOISE.has(key));
  return Object.fromEntries(kept.map(([key, child]) => [withoutHashes(key), machineOr(plain(child), key)]));
}

/** `{"Fn::GetAtt": ["JobTable", "Arn"]}` → `${JobTable.Arn}` */
function referenceIn(value: Record<string, unknown>): string | undefined {
  const [[kind, of] = [], ...others] = Object.entries(value);
  if (others.length > 0) return undefined;
  if (kind === 'Ref') return `\${${plain(of)}}`;
  if (kind === 'Fn::GetAtt') return `\${${(plain(of) as string[]).join('.')}}`;
  if (kind === 'Fn::ImportValue') return `\${import ${plain(of)}}`;
  if (kind !== 'Fn::Join') return undefined;
  const [separator, parts] = of as [string, unknown[]];
  const texts = parts.map(plain);
  return texts.every((part) => typeof part === 'string') ? texts.join(separator) : undefined;
}

function machineOr(value: unknown, key: string): unknown {
  return key === 'DefinitionString' ? JSON.parse(String(value)) : value;
}
