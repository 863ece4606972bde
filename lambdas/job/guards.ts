/** Finds jobs of a conversation that are under way. */
export interface ActiveJobs {
  /**
   * PENDING and PROCESSING narrative rows of one report, newest first, by an index: a moment late, and not yet parsed.
   * @param conversationId zid as a string
   */
  activeJobs(conversationId: string, reportId: string): AsyncIterable<Record<string, unknown>>;
}

/** A job that a guard or an idempotency key names. */
export interface NamedJob {
  job_id: string;
  model: string;
}

/** Rows that keep two requests at once from making two jobs; a name whose time is over is as good as none. */
export interface JobGuards {
  /** The job that was last put for a report, consistently read; it may have ended. */
  lastJob(reportId: string): Promise<NamedJob | undefined>;
  /** The job that an idempotency key of a report names, consistently read. */
  keyedJob(reportId: string, key: string, now: Date): Promise<NamedJob | undefined>;
  /** Lets a key name a job, unless it names one. */
  nameJob(reportId: string, key: string, job: NamedJob, times: GuardTimes): Promise<'named' | 'taken'>;
  /**
   * Puts a new job row, makes it the report's last job, and lets the key name it: all of it or nothing.
   * @param replaces the last job as it was read; 'lost' when the report has another one by now
   */
  putJob(
    row: Record<string, unknown> & { job_id: string; report_id: string },
    guard: { model: string; replaces: string | undefined; key: string | undefined },
    times: GuardTimes,
  ): Promise<'put' | 'lost'>;
}

/** When a guard row is written, and when DynamoDB may delete it, in seconds since the epoch. */
export interface GuardTimes {
  now: Date;
  guardExpiry: number;
  keyExpiry: number;
}
