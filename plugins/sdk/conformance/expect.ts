/** The few assertions the kit needs, so that it depends on no runner. */
import { isConnectorError, type ErrorCode } from '../error.ts';

export function equal(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${what}: expected ${brief(right)}, found ${brief(left)}`);
}

export function holds(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

export function sameBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  equal(actual.byteLength, expected.byteLength, `${what}: size in bytes`);
  const at = actual.findIndex((byte, index) => byte !== expected[index]);
  if (at >= 0) throw new Error(`${what}: byte ${at} differs`);
}

/** Runs `work`, which must fail with the coded error; returns it. */
export async function fails(code: ErrorCode, work: () => Promise<unknown>, what: string): Promise<Error> {
  const error = await failure(work, what);
  if (!isConnectorError(error)) throw new Error(`${what}: expected ${code}, found ${String(error)}`, { cause: error });
  equal(error.code, code, what);
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
  throw new Error(`${what}: expected a failure, found ${brief(JSON.stringify(done))}`);
}

/** No secret in a message, a stack, a cause or a property. */
export function keepsSecrets(error: unknown, secrets: Readonly<Record<string, string>>): void {
  for (let each = error; typeof each === 'object' && each !== null; each = (each as Error).cause) {
    const { message, stack } = each as Error;
    const text = `${message}\n${stack}\n${JSON.stringify(each)}`;
    for (const [name, value] of Object.entries(secrets)) {
      holds(!text.includes(value), `an error quotes the secret ${name}`);
    }
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

function brief(text: string | undefined): string {
  return (text ?? 'undefined').slice(0, 200);
}
