/**
 * A filter pattern of an event source mapping: the same shape as the record, with the list of allowed values at each
 * leaf. Only exact values are known here; the template uses no more.
 */
export interface StreamPattern {
  readonly [field: string]: StreamPattern | readonly (string | number | boolean | null)[];
}

/**
 * Parses one `FilterCriteria` pattern.
 * @throws Error naming the rule, when the pattern uses one that is not known here (prefix, exists, anything-but …)
 */
export function parsePattern(json: string): StreamPattern {
  const pattern = JSON.parse(json) as StreamPattern;
  refuseOtherRules(pattern, '');
  return pattern;
}

/** Whether a stream record passes: it matches one of the patterns, or there are none. */
export function passes(record: object, patterns: readonly StreamPattern[]): boolean {
  return patterns.length === 0 || patterns.some((pattern) => matches(record, pattern));
}

function matches(value: unknown, pattern: StreamPattern): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(pattern).every(([field, rule]) => {
    const found = (value as Record<string, unknown>)[field];
    return isLeaf(rule) ? rule.some((allowed) => allowed === found) : matches(found, rule);
  });
}

function refuseOtherRules(pattern: StreamPattern, path: string): void {
  for (const [field, rule] of Object.entries(pattern)) {
    const here = path ? `${path}.${field}` : field;
    if (!isLeaf(rule)) refuseOtherRules(rule, here);
    else if (rule.some((allowed) => typeof allowed === 'object' && allowed !== null)) {
      throw new Error(
        `filter on ${here} uses ${JSON.stringify(rule)}; local/machine/stream-filter.ts knows exact values only`,
      );
    }
  }
}

const isLeaf = (rule: StreamPattern[string]): rule is readonly (string | number | boolean | null)[] =>
  Array.isArray(rule);
