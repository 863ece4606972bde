import type { ConversationData } from './conversation.ts';
import { type EmbeddedPostgres, launchPostgres } from './embedded/postgres.ts';
import { apiKindOf, type LocalEnvironment, type Options } from './options.ts';
import { claimPort, stopSignal } from './os.ts';
import { openReportFolder, openStateFolder, type StateFolder } from './state-folder.ts';

/** What a run begins with, before the rest of the program is loaded. */
export interface OpenedRun {
  /** undefined for the sample */
  exported: ConversationData | undefined;
  folder: StateFolder;
  /** the folder that reports are written to */
  out: string;
  stopped: AbortSignal;
  /** still starting */
  postgres: Promise<EmbeddedPostgres>;
  /** everything that is stopped in reverse order, however the run ends */
  parts: AsyncDisposableStack;
}

/**
 * Reads the export, opens the folders, and lets PostgreSQL begin to start: in its thread that takes about as long as
 * loading the rest takes here.
 * @param parts gets everything that is to be stopped
 * @throws InvalidSetting when the export, a folder or the port cannot be used
 */
export async function openRun(
  options: Options,
  env: LocalEnvironment,
  parts: AsyncDisposableStack,
): Promise<OpenedRun> {
  // an export that cannot be read is reported before anything is made
  const exported = options.export === undefined ? undefined : await readExported(options.export, options.allComments);
  const folder = openStateFolder(options.state, apiKindOf(env));
  const stop = stopSignal();
  parts.defer(stop.release);
  parts.defer(folder.release);
  const out = openReportFolder(options.out ?? folder.path('reports'));
  const port = await claimPort('--postgres-port', options.postgresPort);
  // not awaited: the thread has to be at work before this one is busy with loading
  const postgres = launchPostgres(folder.path('postgres'), port);
  // also handles a start that fails before anybody waits for it
  const stopPostgres = postgres.then(
    ({ stop }) => stop,
    () => () => undefined,
  );
  parts.defer(async () => (await stopPostgres)());
  return { exported, folder, out, stopped: stop.signal, postgres, parts };
}

/** Only an export needs the libraries that this loads. */
async function readExported(path: string, allComments: boolean): Promise<ConversationData> {
  const { readExport } = await import('./export/read-export.ts');
  return readExport(path, { allComments });
}
