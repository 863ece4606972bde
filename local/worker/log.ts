import type { Log } from '../../lambdas/shared/log.ts';
import { printable } from '../../lambdas/shared/plain-text.ts';

type Level = 'INFO' | 'WARN' | 'ERROR';
type Fields = Record<string, unknown>;

/** A worker's log: a line of JSON for each event, or a line that a person reads. */
export function workerLog(format: 'json' | 'text', write: (line: string) => void, now: () => Date): Log {
  const line = format === 'json' ? jsonLine : textLine;
  const to =
    (level: Level) =>
    (message: string, fields: Fields = {}) =>
      write(`${line(now(), level, message, fields)}\n`);
  return { info: to('INFO'), warn: to('WARN'), error: to('ERROR') };
}

const jsonLine = (time: Date, level: Level, message: string, fields: Fields): string =>
  JSON.stringify({ time: time.toISOString(), level, message, ...fields });

function textLine(time: Date, level: Level, message: string, fields: Fields): string {
  const shown = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined || name === 'event'
      ? []
      : [`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`],
  );
  const said = printable([message, ...shown].join(' ')).replace(/\s+/g, ' ');
  return `${time.toISOString().slice(0, 19)}Z ${level.padEnd(5)} ${said}`;
}
