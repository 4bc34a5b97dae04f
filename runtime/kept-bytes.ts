/** Reading what the strongroom keeps: nothing is believed before its digest agrees. */
import { closeSync, createReadStream, fstatSync, openSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { RunningDigest, type Sha256 } from '../kernel/digest.ts';
import { Fault } from '../kernel/fault.ts';

const CHUNK_SIZE_BYTES = 256 * 1024;
// By number, not by FileHandle, which costs as much as a small item; every file is closed where it was opened.
const readFile = promisify(read);

/** The bytes; after the last chunk STRONGROOM_DAMAGED is thrown when they are not the digest's. */
export async function* verified(bytes: AsyncIterable<Uint8Array>, digest: Sha256): AsyncGenerator<Uint8Array> {
  const running = new RunningDigest();
  try {
    yield* running.through(bytes);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw missing(digest);
    throw error;
  }
  if (running.value() !== digest) throw damaged(digest);
}

/** A stream reads ahead into buffers of full size; what fits into one buffer is read at once into one of its own. */
export async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  const whole = await readAtOnce(path);
  if (whole !== undefined) yield whole;
  else yield* createReadStream(path, { highWaterMark: CHUNK_SIZE_BYTES }) as AsyncIterable<Buffer>;
}

/** Through one buffer, overwritten each time: a long document would else lie in memory until V8 collects. */
export async function* scanned(path: string, chunkBytes = CHUNK_SIZE_BYTES): AsyncGenerator<Uint8Array> {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafeSlow(Math.min(chunkBytes, fstatSync(file).size + 1));
    for (;;) {
      const { bytesRead } = await readFile(file, buffer, 0, buffer.byteLength, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    closeSync(file);
  }
}

/** Undefined when it is longer than one buffer. */
async function readAtOnce(path: string): Promise<Uint8Array | undefined> {
  const file = openSync(path, 'r');
  try {
    const { size: sizeBytes } = fstatSync(file);
    return sizeBytes > CHUNK_SIZE_BYTES ? undefined : await filled(file, sizeBytes);
  } finally {
    closeSync(file);
  }
}

async function filled(file: number, sizeBytes: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(sizeBytes);
  for (let at = 0; at < sizeBytes; ) {
    const { bytesRead } = await readFile(file, bytes, at, sizeBytes - at, at);
    // Whoever reads a file that was cut meanwhile gets what is left, and the digest says that it is damaged.
    if (bytesRead === 0) return bytes.subarray(0, at);
    at += bytesRead;
  }
  return bytes;
}

export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

export function missing(digest: Sha256): Fault {
  const message = 'the strongroom does not hold these bytes';
  return new Fault({ code: 'STRONGROOM_MISSING', retry: 'permanent', message, subject: digest });
}

function damaged(digest: Sha256): Fault {
  const message = 'bytes in the strongroom are not what their digest says; restore them from a copy';
  return new Fault({ code: 'STRONGROOM_DAMAGED', retry: 'permanent', message, subject: digest });
}
