import * as z from 'zod';

/** Models that stand in for others, by the name that a job gives. */
export type ModelAliases = ReadonlyMap<string, string>;

const NAME = /^[A-Za-z][\w.:/-]{0,127}$/;
const AS_TEXT = 'must be pairs such as old-model=new-model, separated by commas';

/** `old=new, older=new`; the empty text names none. */
export const modelAliasesText = z
  .string()
  .transform((text) =>
    text.split(',').flatMap((pair) => (pair.trim() === '' ? [] : [pair.split('=').map((name) => name.trim())])),
  )
  .refine((pairs) => pairs.every((names) => names.length === 2 && names.every((name) => NAME.test(name))), AS_TEXT)
  .refine((pairs) => new Set(pairs.map(([name]) => name)).size === pairs.length, 'must name each model once')
  .transform((pairs): ModelAliases => new Map(pairs as [string, string][]));

/** The same as an object, as a settings file holds it. */
export const modelAliasesObject = z
  .record(z.string().regex(NAME), z.string().regex(NAME))
  .transform((names): ModelAliases => new Map(Object.entries(names)));

/** As `modelAliasesText` reads it. */
export const aliasesAsText = (aliases: ModelAliases): string =>
  [...aliases].map(([name, used]) => `${name}=${used}`).join(',');

/** What may become of a job whose model the API does not know. */
export const UNKNOWN_MODEL_POLICIES = ['use default', 'refuse'] as const;
export type UnknownModelPolicy = (typeof UNKNOWN_MODEL_POLICIES)[number];
