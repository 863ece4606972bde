import { batch } from './batch.ts';
import { cancel } from './cancel.ts';
import type { Command } from './command.ts';
import { doctor } from './doctor.ts';
import { erase } from './erase.ts';
import { job } from './job.ts';
import { jobs } from './jobs.ts';
import { publish } from './publish.ts';
import { redrive } from './redrive.ts';
import { report } from './report.ts';
import { reports } from './reports.ts';
import { spending } from './spending.ts';
import { submit } from './submit.ts';
import { verify } from './verify.ts';
import { watch } from './watch.ts';
import { worker } from './worker.ts';

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  submit,
  watch,
  jobs,
  job,
  batch,
  reports,
  report,
  verify,
  spending,
  cancel,
  redrive,
  publish,
  erase,
  doctor,
  worker,
];
