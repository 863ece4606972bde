import type { ConversationData } from './conversation.ts';
import { type EmbeddedPostgres, startPostgres } from './embedded/postgres.ts';
import type { ToTerminal } from './messages.ts';
import { apiKindOf, type LocalEnvironment, type Options } from './options.ts';
import { claimPort } from './os.ts';
import { openReportFolder, openStateFolder, type StateFolder } from './state-folder.ts';

/** What a run is given by the thread that it runs in. */
export interface RunThread {
  /** everything that is stopped in reverse order, however the run ends */
  parts: AsyncDisposableStack;
  stopped: AbortSignal;
  tell: (message: ToTerminal) => void;
  /** @returns undefined when there is no terminal to ask on */
  ask: (question: string) => Promise<boolean | undefined>;
}

/** What a run begins with, before the rest of the program is loaded. */
export interface OpenedRun extends RunThread {
  /** undefined for the sample */
  exported: ConversationData | undefined;
  folder: StateFolder;
  /** the folder that reports are written to */
  out: string;
  /** still starting */
  postgres: Promise<EmbeddedPostgres>;
}

/**
 * Reads the export, opens the folders, and lets PostgreSQL begin to start: in its thread that takes about as long as
 * loading the rest takes here.
 * @throws InvalidSetting when the export, a folder or the port cannot be used
 */
export async function openRun(options: Options, env: LocalEnvironment, thread: RunThread): Promise<OpenedRun> {
  const { parts, stopped, tell } = thread;
  // an export that cannot be read is reported before anything is made
  if (options.export !== undefined) tell({ kind: 'doing', doing: { what: 'reading the export' } });
  const exported = options.export === undefined ? undefined : await readExported(options.export, options.allComments);
  stopped.throwIfAborted();
  const folder = openStateFolder(options.state, apiKindOf(env));
  parts.defer(folder.release);
  const out = openReportFolder(options.out ?? folder.path('reports'));
  const { postgresPort: port } = options;
  if (port !== undefined) await claimPort('--postgres-port', port);
  // not awaited: the thread has to be at work before this one is busy with loading
  const postgres = startPostgres({ dataDir: folder.path('postgres'), port, stopped });
  // also handles a start that fails before anybody waits for it
  const stopPostgres = postgres.then(
    ({ stop }) => stop,
    () => () => undefined,
  );
  parts.defer(async () => (await stopPostgres)());
  return { ...thread, exported, folder, out, postgres };
}

/** Only an export needs the libraries that this loads. */
async function readExported(path: string, allComments: boolean): Promise<ConversationData> {
  const { readExport } = await import('./export/read-export.ts');
  return readExport(path, { allComments });
}
