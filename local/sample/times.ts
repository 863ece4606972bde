export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** When the sample's survey opens, in ms; everything else is told from here, so that no clock is read. */
export const START = Date.UTC(2026, 4, 4, 7);

/** After this nobody votes. */
export const VOTING_ENDS = START + 21 * DAY + 14 * HOUR;

/** The next morning the organisers type in the paper forms. */
export const PAPER_FORMS = VOTING_ENDS + 11 * HOUR;

/** When a moderator last looked: what came in later is unmoderated. */
export const LAST_MODERATION = START + 15 * DAY;

/** When the two runs of the Delphi pipeline named their first topic. */
export const OLDER_PIPELINE_RUN = START + 13 * DAY + 20 * HOUR;
export const NEWEST_PIPELINE_RUN = PAPER_FORMS + 3.5 * HOUR;
