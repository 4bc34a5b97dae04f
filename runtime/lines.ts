/** NDJSON: values out of bytes that come in pieces, and texts gathered into bytes. */
import { open } from 'node:fs/promises';

const PAGE_BYTES = 256 * 1024;
const LINE_END = 0x0a;
/** No UTF-16 unit takes more in UTF-8. */
export const UTF8_MAX_BYTES = 3;

/** The texts one after the other in UTF-8, a page at a time; each page is overwritten by the next. */
export async function* encodedTexts(texts: AsyncIterable<string> | Iterable<string>): AsyncGenerator<Uint8Array> {
  const page = Buffer.allocUnsafeSlow(PAGE_BYTES);
  let filled = 0;
  for await (const text of texts) {
    const mostBytes = text.length * UTF8_MAX_BYTES;
    if (filled > 0 && filled + mostBytes > page.byteLength) {
      yield page.subarray(0, filled);
      filled = 0;
    }
    if (mostBytes > page.byteLength) yield Buffer.from(text);
    else filled += page.write(text, filled);
  }
  if (filled > 0) yield page.subarray(0, filled);
}

/** The bytes after the first `lines` lines, which are counted and not looked into. */
export async function* withoutLines(bytes: AsyncIterable<Uint8Array>, lines: number): AsyncGenerator<Uint8Array> {
  let left = lines;
  for await (const chunk of bytes) {
    let at = 0;
    for (; left > 0 && at < chunk.byteLength; left--) {
      const end = chunk.indexOf(LINE_END, at);
      if (end < 0) break;
      at = end + 1;
    }
    if (left === 0 && at < chunk.byteLength) yield chunk.subarray(at);
  }
}

/** DuckDB sets 32 MiB aside for each file of lines that it reads, and fills as much of it as the file is long. */
export const PIECE_BYTES = 4 * 1024 * 1024;

/**
 * Writes the lines to files, each cut at the first end of a line from so many bytes on. Their paths, in order: of no
 * lines there is one empty file.
 */
export async function inPieces(
  bytes: AsyncIterable<Uint8Array>,
  path: string,
  pieceBytes = PIECE_BYTES,
): Promise<readonly string[]> {
  const paths = [`${path}.0`];
  let piece = await open(paths[0] as string, 'wx');
  let [left, isDone] = [pieceBytes, false];
  try {
    for await (const chunk of bytes) {
      for (let at = 0, end = 0; at < chunk.byteLength; at = end) {
        if (isDone) {
          await piece.close();
          const next = `${path}.${paths.length}`;
          piece = await open(next, 'wx');
          paths.push(next);
          [left, isDone] = [pieceBytes, false];
        }
        const lineEnd = chunk.indexOf(LINE_END, at + Math.max(0, left - 1));
        end = lineEnd < 0 ? chunk.byteLength : lineEnd + 1;
        await piece.appendFile(chunk.subarray(at, end));
        left -= end - at;
        isDone = lineEnd >= 0;
      }
    }
  } finally {
    await piece.close();
  }
  return paths;
}

/** A text of 128 KiB and more that lives through one collection V8 keeps until it collects everything. */
const TEXT_BYTES = 32 * 1024;

/** Every line parsed; a last one without an end counts. Beyond the limit `tooLong` says what is thrown. */
export async function* parsedLines<T>(
  bytes: AsyncIterable<Uint8Array>,
  lengthMaxChars: number,
  tooLong = (): Error => new RangeError(`a line is longer than ${lengthMaxChars} characters`),
): AsyncGenerator<T> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.byteLength; at += TEXT_BYTES) {
      const lines = decoder.decode(chunk.subarray(at, at + TEXT_BYTES), { stream: true }).split('\n');
      lines[0] = rest + lines[0];
      rest = lines.pop() ?? '';
      if (rest.length > lengthMaxChars) throw tooLong();
      for (const line of lines) yield JSON.parse(line) as T;
    }
  }
  if (rest !== '') yield JSON.parse(rest) as T;
}
