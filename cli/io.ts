/** What the program has of the outside besides AWS. */
export interface Io {
  env: NodeJS.ProcessEnv;
  /** stdout and stderr; texts come with their line ends */
  out(text: string): void;
  err(text: string): void;
  now(): Date;
  /** Listens for Ctrl-C until released. */
  stop(): { signal: AbortSignal; release(): void };
  pause(ms: number, stopped: AbortSignal): Promise<void>;
}

/** What a command has to say. */
export interface Shown {
  /** for --json */
  value: unknown;
  /** for people; '' says nothing */
  text: string;
  /** 0 when not given */
  exitCode?: number;
}
