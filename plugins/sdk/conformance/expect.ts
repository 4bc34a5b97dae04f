/** The few assertions the kit needs, so that it depends on no runner. */
import { CODES, isConnectorError, type ConnectorError, type ErrorCode } from '../error.ts';

export function equal(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${what}: expected ${brief(right)}, found ${brief(left)}`);
}

export function holds(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

export function sameBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  equal(actual.byteLength, expected.byteLength, `${what}: size in bytes`);
  for (let at = 0; at < expected.byteLength; at++) {
    if (actual[at] !== expected[at]) throw new Error(`${what}: byte ${at} differs`);
  }
}

/** Runs `work`, which must fail with one of these codes; returns the error. */
export async function fails(
  codes: ErrorCode | readonly ErrorCode[],
  work: () => Promise<unknown>,
  what: string,
): Promise<ConnectorError> {
  const wanted = [codes].flat();
  const error = requireCoded(await failure(work, what), `${what}: expected ${wanted.join(' or ')}`);
  holds(wanted.includes(error.code), `${what}: expected ${wanted.join(' or ')}, found ${error.code}`);
  return error;
}

/** Fails unless the error is the contract's own, with a code of its table and the retry class of that code. */
export function requireCoded(error: unknown, what: string): ConnectorError {
  if (!isConnectorError(error)) throw new Error(`${what}, found ${kindOf(error)}`, { cause: error });
  const known = Object.entries(CODES).find(([code]) => code === error.code)?.[1];
  holds(known !== undefined, `${what}, found the unknown code ${String(error.code)}`);
  equal([error.retry, error.class], [known.retry, known.class], `${what}: retry and class of ${error.code}`);
  return error;
}

/** Runs `work`, which must fail in any way; returns what it threw. */
export async function failure(work: () => Promise<unknown>, what: string): Promise<unknown> {
  let done: unknown;
  try {
    done = await work();
  } catch (error) {
    return error;
  }
  throw new Error(`${what}: expected a failure, found ${found(done)}`);
}

/** None of the secrets in a message, a stack, a cause or a property. */
export function keepsSecrets(error: unknown, secrets: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(secrets)) {
    holds(!quotes(everythingIn(error), value), `an error quotes the secret ${name}`);
  }
}

/** Whether a text has a secret in it, as it is or as JSON writes it. */
export function quotes(text: string, secret: string): boolean {
  return text.includes(secret) || text.includes(JSON.stringify(secret).slice(1, -1));
}

/** All the text an error carries, its causes included. */
export function everythingIn(error: unknown): string {
  const texts: string[] = [];
  for (let each = error; typeof each === 'object' && each !== null; each = (each as Error).cause) {
    const { message, stack } = each as Error;
    texts.push(`${message}\n${stack}\n${JSON.stringify(each)}`);
  }
  return texts.join('\n');
}

/** Settles like `work`, which must settle in time. */
export async function within<T>(patienceMs: number, work: Promise<T>, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${patienceMs} ms`)), patienceMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export async function all<T>(entries: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const entry of entries) found.push(entry);
  return found;
}

export async function joined(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(Uint8Array.from(chunk));
  return concat(chunks);
}

export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const middle = Math.floor(bytes.byteLength / 2);
  yield bytes.subarray(0, middle);
  yield bytes.subarray(middle);
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function found(done: unknown): string {
  return done instanceof Uint8Array ? `${done.byteLength} bytes` : brief(JSON.stringify(done));
}

function kindOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${brief(error.message)}` : typeof error;
}

function brief(text: string | undefined): string {
  return (text ?? 'undefined').slice(0, 200);
}
