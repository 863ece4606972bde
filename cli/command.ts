import * as z from 'zod';
import { STAGE } from '../lib/settings.ts';
import type { Cloud } from './cloud.ts';
import type { Deployment } from './deployment.ts';

/** What the program has of the outside besides AWS. */
export interface Io {
  env: NodeJS.ProcessEnv;
  /** Writes to stdout; the text comes with its line ends. */
  out(text: string): void;
  /** The same for stderr. */
  err(text: string): void;
  now(): Date;
  /** Listens for Ctrl-C until released. */
  stop(): { signal: AbortSignal; release(): void };
  pause(ms: number, stopped: AbortSignal): Promise<void>;
}

/** The options that every command takes. */
export const GLOBAL_OPTIONS: readonly OptionText[] = [
  ['--json', 'print one JSON document'],
  ['--endpoint-url <url>', 'address of an emulator, instead of AWS'],
  ['--region <region>', 'AWS region'],
  ['--profile <name>', 'AWS profile'],
  ['--stage <name>', 'stage of the deployment, if it has one'],
];

export const globalSchema = z.object({
  json: z.boolean().default(false),
  endpointUrl: z.url({ protocol: /^https?$/, error: 'should be an address such as http://localhost:4566' }).optional(),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d+$/, 'should be a region such as eu-west-1')
    .optional(),
  profile: z.string().trim().min(1, 'should not be empty').optional(),
  stage: z.string().regex(STAGE, 'should be the stage as it was deployed').default(''),
});
export type GlobalOptions = z.infer<typeof globalSchema>;

/** What every command is run with. */
export interface Context {
  io: Io;
  global: GlobalOptions;
  cloud: Cloud;
  /** Finds the deployment, once. @throws NotDeployed */
  deployment: () => Promise<Deployment>;
  /** called in reverse order when the command has ended */
  closing: (() => unknown)[];
}

/** What a command answers. */
export interface Shown {
  /** for --json */
  value: unknown;
  /** for people; '' prints nothing */
  text: string;
  /** 0 when not given */
  exitCode?: number;
}

/** An option as the help shows it: its flag, what it does, and the value that is used without it. */
export type OptionText = readonly [flag: string, description: string, defaultValue?: string];

/** A command: its name, its arguments and what it does. */
export interface Command<Input extends z.ZodObject = z.ZodObject> {
  name: string;
  description: string;
  /** `<JOB_ID>`, or `[JOB_ID]` where it may be left out; its value is `jobId` of the input */
  argument?: readonly [usage: string, description: string];
  options?: readonly OptionText[];
  /** Checks the argument and the options, by their names in camel case. */
  input: Input;
  /** Does without AWS what can be done without it; undefined: `run` is needed. */
  runHere?(input: z.output<Input>): Promise<Shown | undefined>;
  run(context: Context, input: z.output<Input>): Promise<Shown>;
}

/** A command for the list of commands; what it is run with has passed its own `input`. */
export const command = <Input extends z.ZodObject>(definition: Command<Input>): Command =>
  definition as unknown as Command;

export const JOB_ID = ['<JOB_ID>', 'id of the job, as `narratives jobs` lists it'] as const;
export const REPORT_ID = ['<REPORT_ID>', 'id of the report, as at the end of its address'] as const;

export const text = z.string().trim().min(1, 'should not be empty');
export const reportId = z.string().regex(/^[\w-]{1,300}$/, 'should be a report id such as r2abcd');
export const zid = z.string().regex(/^\d{1,10}$/, 'should be the conversation’s zid: digits');
export const flag = z.boolean().default(false);

/** A whole number from 1. Digits only: Number() would also read 1e3, 0x10 and blanks. */
export function wholeNumber(max: number) {
  const error = `should be a whole number from 1 to ${max.toLocaleString('en')}`;
  return z.string().regex(/^\d+$/, error).transform(Number).pipe(z.number().min(1, error).max(max, error));
}
