/** NDJSON as values, out of bytes that come in pieces. */

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
