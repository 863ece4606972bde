import { systemPrompt } from '../../lambdas/report/system-prompt.ts';

const PROMPT =
  'Section: x\n<comments columns="id | all: votes agrees disagrees passes | A: votes agrees disagrees passes | text">\n0|9 6 2 1|9 6 2 1|words\n</comments>';

/** What a request of the old pipeline asks: a section without claims. */
export const PLAIN = {
  system: systemPrompt(false),
  messages: [{ role: 'user' as const, content: PROMPT }],
  cached: true,
  claims: false,
};
