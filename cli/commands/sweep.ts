/** What the sweep function tells. */
export type SweepResult = Record<string, unknown>;

/** A message of the dead-letter queue that was received and is hidden from others for now. */
export interface Letter {
  id: string;
  receipt: string;
}

export interface DeadLetters {
  /** Every message that lies there now. */
  receive(): Promise<Letter[]>;
  /** @returns how many could be deleted */
  remove(letters: readonly Letter[]): Promise<number>;
  /** Gives letters back. */
  release(letters: readonly Letter[]): Promise<void>;
}

export interface Swept {
  sweep: SweepResult;
  dead_letters: { received: number; deleted: number };
}

/**
 * Redrives what was forgotten: the sweep starts or resumes every job row that nobody works on, and the dead letters
 * received before it are deleted. A letter only names a place in the stream; the rows themselves are the truth.
 * @throws whatever the sweep fails with; the letters are then given back
 */
export async function redriveAll({
  letters,
  sweep,
}: {
  letters: DeadLetters;
  sweep: () => Promise<SweepResult>;
}): Promise<Swept> {
  const received = await letters.receive();
  let result: SweepResult;
  try {
    result = await sweep();
  } catch (error) {
    // they come back by themselves as well, only later
    await letters.release(received).catch(() => undefined);
    throw error;
  }
  const deleted = await letters.remove(received);
  return { sweep: result, dead_letters: { received: received.length, deleted } };
}
