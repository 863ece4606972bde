import type { PageData } from '../data.ts';
import { element, type Page } from './read.ts';

/** Saves the data of the page as files. */
export function startDownloads({ data }: Page): void {
  const name = data.title.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '') || data.report_id;
  element('json')?.addEventListener('click', () => {
    save(`${name}.json`, 'application/json', `${JSON.stringify(data, null, 2)}\n`);
  });
  // the mark at the beginning tells spreadsheets that the text is UTF-8
  element('csv')?.addEventListener('click', () => save(`${name}.csv`, 'text/csv', `\ufeff${csv(data)}`));
}

function save(name: string, type: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  // the browser reads it after this
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** One line for each comment; RFC 4180. */
function csv({ comments, groups }: PageData): string {
  const columns = ['all', ...groups.map(({ letter }) => `group-${letter.toLowerCase()}`)].flatMap((scope) =>
    ['agrees', 'disagrees', 'passes'].map((side) => `${scope}-${side}`),
  );
  const lines = comments.map(({ tid, text, votes, cited }) => [
    tid,
    cell(text),
    cited,
    ...(votes?.flat() ?? columns.map(() => '')),
  ]);
  return [['comment-id', 'comment-body', 'cited', ...columns], ...lines]
    .map((cells) => `${cells.join(',')}\r\n`)
    .join('');
}

/** A text that a spreadsheet takes for a formula could run; a quotation mark before it makes it text again. */
const cell = (text: string): string => `"${text.replace(/^(?=[=+\-@\t\r])/, "'").replaceAll('"', '""')}"`;
