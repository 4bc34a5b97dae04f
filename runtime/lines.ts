/** NDJSON: values out of bytes that come in pieces, and texts gathered into bytes. */

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

/** Every line parsed; a last one without an end counts. Beyond the limit `tooLong` says what is thrown. */
export async function* parsedLines<T>(
  bytes: AsyncIterable<Uint8Array>,
  lengthMaxChars: number,
  tooLong = (): Error => new RangeError(`a line is longer than ${lengthMaxChars} characters`),
): AsyncGenerator<T> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of bytes) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > lengthMaxChars) throw tooLong();
    for (const line of lines) yield JSON.parse(line) as T;
  }
  if (rest !== '') yield JSON.parse(rest) as T;
}
