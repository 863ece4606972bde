import * as z from 'zod';

/** Timestamps below this are seconds (today's server), others ms (older exports): 1e11 ms is 1973, 1e11 s is 5138. */
const FIRST_MILLISECONDS = 1e11;

const wholeNumber = (expected: string) =>
  z
    .string()
    .regex(/^\d{1,15}$/, expected)
    .transform(Number);
const id = (of: string) => wholeNumber(`the id of ${of}, a whole number`);
const timestamp = wholeNumber('a time since 1970, a whole number of ms or s').transform((time) =>
  time < FIRST_MILLISECONDS ? time * 1000 : time,
);
const signOf = (expected: string) => z.enum(['-1', '0', '1'], expected).transform((text) => Number(text) as -1 | 0 | 1);

/** A row of `comments.csv`; agrees and disagrees count vote rows, changed votes twice. */
export const commentRow = z.object({
  timestamp,
  'comment-id': id('a comment'),
  'author-id': id('a participant'),
  agrees: wholeNumber('a count'),
  disagrees: wholeNumber('a count'),
  moderated: signOf('-1 (rejected), 0 (unmoderated) or 1 (accepted)'),
  'comment-body': z.string(),
});

/** A row of `votes.csv`, in the export's sign. */
export const voteRow = z.object({
  timestamp,
  'comment-id': id('a comment'),
  'voter-id': id('a participant'),
  vote: signOf('1 (agree), -1 (disagree) or 0 (pass)'),
});

/** The columns of `participants-votes.csv` that are needed; its votes are those of `votes.csv` again. */
export const participantRow = z.object({
  participant: id('a participant'),
  'group-id': z
    .string()
    .regex(/^\d{0,4}$/, 'the number of an opinion group, or nothing')
    .transform((text) => (text === '' ? undefined : Number(text))),
});

/** `summary.csv`, which has a key and a value on each line; other keys are not needed. */
export const summary = z.object({
  topic: z.string('the topic of the conversation'),
  url: z.string('the address of the conversation').min(1, 'the address of the conversation'),
  'conversation-description': z.string().default(''),
});

export type ExportComment = z.infer<typeof commentRow>;
export type ExportVote = z.infer<typeof voteRow>;
export type ExportParticipant = z.infer<typeof participantRow>;
export type ExportSummary = z.infer<typeof summary>;
