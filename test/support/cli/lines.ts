/** A pattern for exactly one line that holds the given, and no trace of a stack or a module. */
export const oneLine = (line: RegExp) => ({
  asymmetricMatch: (text: unknown) =>
    typeof text === 'string' && /^[^\n]+\n$/.test(text) && line.test(text) && !/ at .*\.[tj]s:\d+/.test(text),
  toString: () => 'oneLine',
  toAsymmetricMatcher: () => `one line that matches ${line}`,
});
