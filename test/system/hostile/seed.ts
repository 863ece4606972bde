/** The seed of this run: HOSTILE_SEED, or a new one every time. */
export const SEED = Number(process.env.HOSTILE_SEED ?? Date.now() % 0x7fffffff);

/** Runs a test; when it fails, its error says how to see the same again. */
export async function replayable(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Error) error.message = `HOSTILE_SEED=${SEED} shows this again: ${error.message}`;
    throw error;
  }
}
