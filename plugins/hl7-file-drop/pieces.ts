/** Batch files as items of their own: messages and envelopes, which in the order of their names are the file again. */
import { ConnectorError, type ConnectorContext, type Item } from '@waybill/connector-sdk';
import { changedWhileRead } from '@waybill/connector-sdk/files';
import type { DropFolder, Swept } from './folder.ts';
import { type Kind, type Unit, unitsOf } from './units.ts';

/** A longer file stays whole: nothing of it could be listed before all of it was read. */
const CUT_BYTES_MAX = 256 * 1024 * 1024;
/** Files whose places are kept in memory; those of another one are looked for again. */
const FILES_KEPT_MAX = 16;
const ORDINAL_DIGITS = 7;
const PIECE = /^(.+)\/(\d{7})\.(hl7|envelope)$/s;

interface Piece extends Unit {
  readonly file: string;
  readonly version: string;
}

/** What was found in a file while it was of a version; undefined: it stays whole. */
interface Found {
  readonly version: string;
  readonly units: Promise<readonly Unit[] | undefined>;
}

export class Pieces {
  readonly #folder: DropFolder;
  readonly #context: ConnectorContext;
  readonly #found = new Map<string, Found>();

  constructor(folder: DropFolder, context: ConnectorContext) {
    this.#folder = folder;
    this.#context = context;
  }

  /** The items of files: of one that is cut its pieces, and else itself. */
  async *itemsOf(files: AsyncIterable<Swept>, signal: AbortSignal): AsyncGenerator<Item> {
    let whole = 0;
    for await (const { version, ...file } of files) {
      const { path, sizeBytes, modifiedAt } = file;
      const units = sizeBytes > CUT_BYTES_MAX ? undefined : await this.#unitsOf(path, version, signal);
      if (units === undefined) {
        whole++;
        yield file;
        continue;
      }
      for (const [ordinal, unit] of units.entries()) {
        yield { path: nameOf(path, ordinal, unit.kind), sizeBytes: unit.sizeBytes, modifiedAt };
      }
    }
    if (whole > 0) this.#context.log('drop-files-whole', { files: whole });
  }

  /** Streams an item. Fails with ITEM_CHANGED when its file is not the same after as before. */
  async *read(path: string, offsetBytes: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const piece = await this.#pieceAt(path, signal);
    if (piece === undefined) return yield* this.#folder.read(path, offsetBytes, signal);
    let left = piece.sizeBytes - offsetBytes;
    if (left > 0) {
      for await (const chunk of this.#folder.read(piece.file, piece.at + offsetBytes, signal)) {
        const some = chunk.subarray(0, left);
        left -= some.byteLength;
        yield some;
        if (left === 0) break;
      }
    }
    const now = await this.#folder.look(piece.file, signal);
    if (left > 0 || now?.version !== piece.version) throw changedWhileRead(path);
  }

  /** Undefined where the path is no piece of a file that is there. */
  async #pieceAt(path: string, signal: AbortSignal): Promise<Piece | undefined> {
    const [, file = '', ordinal = ''] = PIECE.exec(path) ?? [];
    const there = file === '' ? undefined : await this.#folder.look(file, signal);
    if (there?.isFile !== true) return undefined;
    const { version } = there;
    const units = await this.#unitsOf(file, version, signal);
    const unit = units?.[Number(ordinal)];
    if (unit === undefined || nameOf(file, Number(ordinal), unit.kind) !== path) {
      throw new ConnectorError('ITEM_NOT_FOUND', `${JSON.stringify(path)} is no part of that file; survey it again`);
    }
    return { file, version, ...unit };
  }

  async #unitsOf(file: string, version: string, signal: AbortSignal): Promise<readonly Unit[] | undefined> {
    const before = this.#found.get(file);
    const isKnown = before?.version === version;
    const found = isKnown ? before : { version, units: unitsOf(this.#folder.read(file, 0, signal)) };
    this.#keep(file, found);
    try {
      return await found.units;
    } catch (error) {
      if (this.#found.get(file) === found) this.#found.delete(file);
      // Who looked there first may have been stopped, which is nothing to those who waited for it.
      if (!isKnown || signal.aborted) throw error;
      return this.#unitsOf(file, version, signal);
    }
  }

  /** The one that was asked for longest ago is forgotten first. */
  #keep(file: string, found: Found): void {
    this.#found.delete(file);
    this.#found.set(file, found);
    const [oldest] = this.#found.keys();
    if (this.#found.size > FILES_KEPT_MAX && oldest !== undefined) this.#found.delete(oldest);
  }
}

function nameOf(file: string, ordinal: number, kind: Kind): string {
  return `${file}/${String(ordinal).padStart(ORDINAL_DIGITS, '0')}.${kind === 'MSH' ? 'hl7' : 'envelope'}`;
}
