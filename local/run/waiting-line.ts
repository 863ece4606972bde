const SECOND = 1_000;

/** The line that a person watches while a batch is under way: redrawn each second on a terminal, and nowhere else. */
export class WaitingLine {
  readonly #out: NodeJS.WriteStream;
  readonly #time: () => string;
  #since = Date.now();
  #timer: NodeJS.Timeout | undefined;

  /** @param time what stands before every line */
  constructor(out: NodeJS.WriteStream, time: () => string) {
    this.#out = out;
    this.#time = time;
  }

  /** A batch was sent: elapsed time counts from here. */
  began(): void {
    this.#since = Date.now();
  }

  /**
   * Shows the batch's counts, the time since it was sent, and that until the next look.
   * @param counts as last told
   * @param seconds to the next look
   */
  draw(counts: string, seconds: number): void {
    if (!this.#out.isTTY) return;
    this.clear();
    const next = Date.now() + seconds * SECOND;
    const redraw = () => {
      const left = Math.max(0, Math.ceil((next - Date.now()) / SECOND));
      const elapsed = Math.round((Date.now() - this.#since) / SECOND);
      const line = `${this.#time()}    waiting for ${elapsed} s, next look in ${left} s: ${counts || 'an earlier batch'}`;
      // a line that wraps could not be redrawn in place
      this.#out.write(`\r\u001b[2K${line.slice(0, (this.#out.columns || 80) - 1)}`);
    };
    redraw();
    this.#timer = setInterval(redraw, SECOND).unref();
  }

  /** Takes the line away. */
  clear(): void {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#out.write('\r\u001b[2K');
  }
}
