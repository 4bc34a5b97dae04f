/** The files in which a receiver says what became of messages that were dropped for it. */
import { ConnectorError, type Acknowledgement, type ConnectorContext } from '@waybill/connector-sdk';
import { type AckCode, answerOf, type Awaited, nameOf } from '@waybill/connector-sdk/hl7';
import { hasFinishedName, isShown } from './finished.ts';
import { type DropFolder, readSmall, type Swept } from './folder.ts';

/** How many files the folder may hold; of each some 400 bytes are kept in memory. */
const ACK_FILES_MAX = 250_000;

/** How many files are read at once: a server far away answers each in its time. */
const READ_AT_ONCE_MAX = 16;

/** How long what was seen is good for: so long, or as long as it took to see it, up to the second. */
const FRESH_MS = 250;
const FRESH_MOST_MS = 30_000;

const REFUSALS: readonly AckCode[] = ['AE', 'AR', 'CE', 'CR'];

/** Every acknowledgement that lies in the folder, by the name of the message it is about. */
export class AckFolder {
  readonly #folder: DropFolder;
  readonly #context: ConnectorContext;
  readonly #codes = new Map<string, Set<AckCode>>();
  /** Files that were read, as they were then: one that is still being written is read again. */
  readonly #read = new Map<string, string>();
  #turn: Promise<unknown> = Promise.resolve();
  /** Milliseconds of the context's clock; what was seen before is good until then. */
  #freshUntil = 0;

  constructor(folder: DropFolder, context: ConnectorContext) {
    this.#folder = folder;
    this.#context = context;
  }

  /** The codes that stand in the folder, as of a moment ago, for a message, by the name `nameOf` gives it. */
  async codesFor(message: string, signal: AbortSignal): Promise<readonly AckCode[]> {
    const work = this.#turn.then(() => this.#sweep(signal));
    this.#turn = work.catch(() => {});
    await work;
    return [...(this.#codes.get(message) ?? [])].sort();
  }

  /** Going through a large folder must not take more time than was passed since it was last gone through. */
  async #sweep(signal: AbortSignal): Promise<void> {
    const began = this.#context.now().getTime();
    if (began < this.#freshUntil && began >= this.#freshUntil - FRESH_MOST_MS) return;
    await this.#readNew(signal);
    const ended = this.#context.now().getTime();
    this.#freshUntil = ended + Math.min(FRESH_MOST_MS, Math.max(FRESH_MS, ended - began));
  }

  async #readNew(signal: AbortSignal): Promise<void> {
    const seen = { unreadable: 0 };
    const failures: unknown[] = [];
    const reading = new Set<Promise<void>>();
    let files = 0;
    try {
      for await (const file of this.#folder.sweep({ admits: isShown, depth: 'top' }, signal)) {
        if (!hasFinishedName(file.path)) continue;
        if (++files > ACK_FILES_MAX) throw tooMany();
        if (this.#read.get(file.path) === file.version) continue;
        const look = this.#look(file, seen, signal)
          .catch((error: unknown) => void failures.push(error))
          .finally(() => reading.delete(look));
        reading.add(look);
        if (reading.size >= READ_AT_ONCE_MAX) await Promise.race(reading);
        if (failures.length > 0) break;
      }
    } finally {
      await Promise.all(reading);
    }
    if (failures.length > 0) throw failures[0];
    if (seen.unreadable > 0) this.#context.log('drop-acknowledgements-unreadable', { files: seen.unreadable });
  }

  async #look({ path, version }: Swept, seen: { unreadable: number }, signal: AbortSignal): Promise<void> {
    const bytes = await readSmall(this.#folder, path, signal);
    if (bytes === undefined) return;
    this.#read.set(path, version);
    const answers = answersIn(bytes);
    if (answers.length === 0) seen.unreadable += 1;
    for (const { code, controlId } of answers) {
      const message = nameOf(controlId);
      this.#codes.set(message, (this.#codes.get(message) ?? new Set()).add(code));
    }
  }
}

/**
 * The acknowledgements in one file. Whatever end of line it was written with, MSA counts only once its own has come:
 * before, its control id may be the beginning of another one.
 */
export function answersIn(bytes: Uint8Array): readonly { readonly code: AckCode; readonly controlId: string }[] {
  const text = Buffer.from(bytes).toString('latin1').replaceAll(/\r?\n/g, '\r');
  return text.split(/(?<=\r)(?=MSH)/).flatMap((message) => {
    const written = message.slice(0, message.lastIndexOf('\r') + 1);
    const answer = answerOf(Buffer.from(written, 'latin1'));
    return answer === undefined ? [] : [answer];
  });
}

/** What the codes come to in whatever order they came. What was also refused is not accepted: people look at it. */
export function wordOf(codes: readonly AckCode[], awaited: Awaited, about: string): Acknowledgement {
  const level = codes.some((code) => code.startsWith('A')) ? 'application' : 'accept';
  const code = codes.join(' ');
  if (codes.some((each) => REFUSALS.includes(each))) return { outcome: 'refused', level, code, about };
  if (codes.length === 0) return { outcome: 'missing', level: null, code: 'none', about };
  const isAll = level === 'application' || !awaited.application;
  return { outcome: isAll ? 'accepted' : 'missing', level, code, about };
}

function tooMany(): ConnectorError {
  const message = `more than ${ACK_FILES_MAX} acknowledgements lie in the folder`;
  return new ConnectorError('UNSUPPORTED', `${message}; move those of earlier migrations away`);
}
