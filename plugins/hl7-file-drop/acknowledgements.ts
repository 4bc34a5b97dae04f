/** The files in which a receiver says what became of messages that were dropped for it. */
import type { Stats } from 'node:fs';
import { lstat, opendir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConnectorError, type Acknowledgement, type ConnectorContext } from '@waybill/connector-sdk';
import { type AckCode, answerOf, type Awaited, nameOf } from '@waybill/connector-sdk/hl7';
import { explain, unlessGone } from './failure.ts';
import { hasFinishedName } from './finished.ts';

/** What is larger is no acknowledgement. */
const ACK_BYTES_MAX = 1024 * 1024;
/** How many files the folder may hold; of each some hundred bytes are kept in memory. */
const ACK_FILES_MAX = 250_000;

/** How long what was seen is good for: so long, or as long as it took to see it, up to the second. */
const FRESH_MS = 250;
const FRESH_MOST_MS = 30_000;

const REFUSALS: readonly AckCode[] = ['AE', 'AR', 'CE', 'CR'];

/** Every acknowledgement that lies in the folder, by the name of the message it is about. */
export class AckFolder {
  readonly #root: string;
  readonly #context: ConnectorContext;
  readonly #codes = new Map<string, Set<AckCode>>();
  /** Files that were read, as they were then: one that is still being written is read again. */
  readonly #read = new Map<string, string>();
  #turn: Promise<unknown> = Promise.resolve();
  /** Milliseconds of the context's clock; what was seen before is good until then. */
  #freshUntil = 0;

  private constructor(root: string, context: ConnectorContext) {
    this.#root = root;
    this.#context = context;
  }

  /** Fails with CONFIG_INVALID when there is no such folder, or when it is the drop folder or lies in it. */
  static async open(folder: string, dropRoot: string, context: ConnectorContext): Promise<AckFolder> {
    const root = await realpath(folder).catch(() => undefined);
    if (root === undefined || !(await stat(root)).isDirectory()) {
      throw notUsable(`there is no folder ${folder}; create it or set acknowledgements.folder`);
    }
    if (!`${root}/`.startsWith(`${dropRoot}/`)) return new AckFolder(root, context);
    throw notUsable(`acknowledgements must not come into the drop folder; take another folder than ${folder}`);
  }

  /** The codes that stand in the folder, as of a moment ago, for a message, by the name `nameOf` gives it. */
  async codesFor(message: string): Promise<readonly AckCode[]> {
    const work = this.#turn.then(() => this.#sweep());
    this.#turn = work.catch(() => {});
    await work;
    return [...(this.#codes.get(message) ?? [])].sort();
  }

  /** Going through a large folder must not take more time than was passed since it was last gone through. */
  async #sweep(): Promise<void> {
    const began = this.#context.now().getTime();
    if (began < this.#freshUntil && began >= this.#freshUntil - FRESH_MOST_MS) return;
    await this.#readNew();
    const ended = this.#context.now().getTime();
    this.#freshUntil = ended + Math.min(FRESH_MOST_MS, Math.max(FRESH_MS, ended - began));
  }

  async #readNew(): Promise<void> {
    const seen = { unreadable: 0 };
    let files = 0;
    try {
      for await (const entry of await opendir(this.#root)) {
        if (!entry.isFile() || !hasFinishedName(entry.name)) continue;
        if (++files > ACK_FILES_MAX) throw tooMany();
        await this.#look(entry.name, seen);
      }
    } catch (error) {
      throw explain(error, 'reading acknowledgements in', this.#root);
    }
    if (seen.unreadable > 0) this.#context.log('drop-acknowledgements-unreadable', { files: seen.unreadable });
  }

  async #look(name: string, seen: { unreadable: number }): Promise<void> {
    const place = join(this.#root, name);
    const found = await lstat(place).catch(unlessGone);
    if (found === undefined || this.#read.get(name) === versionOf(found)) return;
    const bytes = found.size > ACK_BYTES_MAX ? new Uint8Array() : await readFile(place).catch(unlessGone);
    if (bytes === undefined) return;
    this.#read.set(name, versionOf(found));
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

function versionOf({ size, mtimeMs, ino }: Stats): string {
  return `${ino}:${size}:${mtimeMs}`;
}

function notUsable(message: string): ConnectorError {
  return new ConnectorError('CONFIG_INVALID', message);
}

function tooMany(): ConnectorError {
  const message = `more than ${ACK_FILES_MAX} acknowledgements lie in the folder`;
  return new ConnectorError('UNSUPPORTED', `${message}; move those of earlier migrations away`);
}
