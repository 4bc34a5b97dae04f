/** What is printed past the log: to the console, and to the standard streams, which test runners print to as well. */

export interface Printed {
  /** Everything that was printed to the console. */
  readonly toConsole: readonly string[];
  /** What was written to standard output or error and tells what it should not. */
  readonly telling: readonly string[];
}

/** Runs `work`. What is returned was printed meanwhile and went no further; everything else did. */
export async function printedBy(work: () => Promise<unknown>, isTelling: (text: string) => boolean): Promise<Printed> {
  const toConsole: string[] = [];
  const telling: string[] = [];
  const ends = [keepConsole(toConsole), ...[process.stdout, process.stderr].map((it) => watch(it, isTelling, telling))];
  try {
    await work();
  } finally {
    for (const end of ends) end();
  }
  return { toConsole, telling };
}

function keepConsole(printed: string[]): () => void {
  const original = globalThis.console;
  const keep = (...texts: readonly unknown[]): void => {
    printed.push(texts.map(String).join(' '));
  };
  globalThis.console = new Proxy(original, { get: () => keep });
  return () => {
    globalThis.console = original;
  };
}

function watch(stream: NodeJS.WriteStream, isTelling: (text: string) => boolean, telling: string[]): () => void {
  const { write } = stream;
  stream.write = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
    const text = typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk);
    if (!isTelling(text)) return Reflect.apply(write, stream, [chunk, ...rest]);
    telling.push(text);
    const written = rest.at(-1);
    if (typeof written === 'function') written();
    return true;
  };
  return () => {
    stream.write = write;
  };
}
