import { isUtf8 } from 'node:buffer';
import { InvalidExport } from './invalid-export.ts';

const SAVE_AS_UTF8 = 'Download the file again, or save it as UTF-8';

/**
 * The bytes of a text file as UTF-8, with LF at the end of each line. UTF-16 with a byte order mark is converted; other encodings are refused, because
 * they cannot be told apart for certain.
 * @throws InvalidExport naming file, line and byte, when the file is empty, is in another encoding, or holds NUL
 */
export function checkedText(bytes: Buffer, file: string): Buffer {
  const text = withLineFeeds(utf8Of(bytes, file));
  const nul = text.indexOf(0);
  if (nul !== -1) {
    throw new InvalidExport({ file, line: lineAt(text, nul) }, `holds a NUL character. ${SAVE_AS_UTF8}`);
  }
  if (text.toString('utf8', 0, 1000).trim() === '') throw new InvalidExport({ file }, 'is empty. Download it again');
  return text;
}

function withLineFeeds(bytes: Buffer): Buffer {
  return bytes.includes('\r') ? Buffer.from(bytes.toString().replace(/\r\n?/g, '\n')) : bytes;
}

function utf8Of(bytes: Buffer, file: string): Buffer {
  const utf16 = utf16Encoding(bytes);
  if (utf16 !== undefined) {
    try {
      return Buffer.from(new TextDecoder(utf16, { fatal: true }).decode(bytes));
    } catch (cause) {
      throw new InvalidExport({ file }, `begins as ${utf16.toUpperCase()} but is not. ${SAVE_AS_UTF8}`, { cause });
    }
  }
  if (isUtf8(bytes)) return bytes;
  const at = firstNotUtf8(bytes);
  const byte = `0x${(bytes[at] ?? 0).toString(16).toUpperCase()}`;
  throw new InvalidExport({ file, line: lineAt(bytes, at) }, `the byte ${byte} is not UTF-8. ${SAVE_AS_UTF8}`);
}

function utf16Encoding(bytes: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return undefined;
}

/** Where text that is not UTF-8 stops being so: the end of the longest start that is, on its line. */
function firstNotUtf8(bytes: Buffer): number {
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1 && isUtf8(bytes.subarray(start, end)); end = bytes.indexOf(10, start)) {
    start = end + 1;
  }
  const decoded = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(start));
  for (let at = decoded.indexOf('\uFFFD'); at !== -1; at = decoded.indexOf('\uFFFD', at + 1)) {
    const offset = start + Buffer.byteLength(decoded.slice(0, at));
    // a file may hold the replacement character itself, which is EF BF BD
    if (!bytes.subarray(offset, offset + 3).equals(Buffer.from('\uFFFD'))) return offset;
  }
  return start;
}

function lineAt(bytes: Buffer, offset: number): number {
  let line = 1;
  for (let at = bytes.indexOf(10); at !== -1 && at < offset; at = bytes.indexOf(10, at + 1)) line += 1;
  return line;
}
