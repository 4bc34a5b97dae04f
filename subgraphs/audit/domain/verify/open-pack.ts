/** A pack being verified: its files as they are, and what was found wrong with them. */
import { isUtf8 } from 'node:buffer';
import { RunningDigest, type Sha256 } from '../../../../kernel/digest.ts';
import { isBagPath } from '../bag.ts';

/** Something that lies in the pack's folder. */
export interface PackMember {
  /** Relative to the pack, with slashes. */
  readonly path: string;
  /** `folder` only when nothing lies in it; `other` is a link, a socket, a device. */
  readonly kind: 'file' | 'folder' | 'other';
}

/**
 * The verifier's only way to the bytes of the pack. Throws when a file cannot be read. A chunk may be overwritten once
 * the next one is asked for, of this file or another.
 */
export interface PackReader {
  list(): Iterable<PackMember>;
  read(path: string): Iterable<Uint8Array>;
}

export type ProblemCode =
  | 'MISSING'
  | 'UNLISTED'
  | 'ALTERED'
  | 'MALFORMED'
  | 'UNREADABLE'
  | 'NOT_A_FILE'
  | 'SIGNATURE_WRONG'
  | 'KEY_NOT_TRUSTED'
  | 'LOG_NOT_DERIVED'
  | 'PROOF_WRONG'
  | 'STATEMENT_WRONG'
  | 'CONFORMANCE_WRONG'
  | 'COUNTS_WRONG';

export interface Problem {
  /** The file concerned, relative to the pack. */
  readonly file: string;
  readonly code: ProblemCode;
  readonly message: string;
}

interface Fixity {
  readonly sha256: Sha256;
  readonly sizeBytes: number;
}

/** Files read whole (everything but the payload's documents) may not be larger than this. */
const WHOLE_BYTES_MAX = 256 * 1024 * 1024;

export class OpenPack {
  /** The paths of the plain files. */
  readonly files: ReadonlySet<string>;
  bytesDigested = 0;
  readonly #reader: PackReader;
  readonly #problems = new Map<string, Problem>();
  readonly #digests = new Map<string, Fixity>();
  #room: Buffer = Buffer.alloc(0);

  constructor(reader: PackReader) {
    this.#reader = reader;
    const files = new Set<string>();
    for (const member of reader.list()) {
      if (member.kind === 'file') files.add(member.path);
      else this.wrong(member.path, 'NOT_A_FILE', `a ${member.kind} has no place in a pack`);
      if (!isBagPath(member.path)) this.wrong(member.path, 'UNLISTED', 'no file of a pack has such a name');
    }
    this.files = files;
  }

  wrong(file: string, code: ProblemCode, message: string): void {
    const key = `${code} ${file}`;
    if (!this.#problems.has(key)) this.#problems.set(key, { file, code, message });
  }

  problems(): readonly Problem[] {
    return [...this.#problems.values()];
  }

  /** The files below `folder`, sorted. */
  under(folder: string): string[] {
    return [...this.files].filter((path) => path.startsWith(folder)).sort();
  }

  /** The digest and length of a file; `undefined`, and a problem, when it is missing or cannot be read. */
  digest(path: string): Fixity | undefined {
    const known = this.#digests.get(path);
    if (known !== undefined) return known;
    const digest = new RunningDigest();
    if (!this.#read(path, (chunk) => digest.update(chunk))) return undefined;
    this.bytesDigested += digest.sizeBytes;
    const fixity = { sha256: digest.value(), sizeBytes: digest.sizeBytes };
    this.#digests.set(path, fixity);
    return fixity;
  }

  /** All bytes of a small file; `undefined`, and a problem, when it is missing, too large or cannot be read. */
  bytes(path: string): Buffer | undefined {
    const bytes = this.look(path);
    return bytes && Buffer.from(bytes);
  }

  /** As `bytes`, until the next file is read: a log has thousands, and each would have memory of its own. */
  look(path: string): Buffer | undefined {
    let sizeBytes = 0;
    const whole = this.#read(path, (chunk) => {
      const end = sizeBytes + chunk.byteLength;
      if (end <= WHOLE_BYTES_MAX) this.#roomFor(end, sizeBytes).set(chunk, sizeBytes);
      sizeBytes = end;
    });
    if (!whole) return undefined;
    if (sizeBytes > WHOLE_BYTES_MAX) {
      this.wrong(path, 'MALFORMED', `${sizeBytes} bytes are too many for this file`);
      return undefined;
    }
    return this.#room.subarray(0, sizeBytes);
  }

  #roomFor(sizeBytes: number, filled: number): Buffer {
    if (sizeBytes > this.#room.byteLength) {
      const larger = Buffer.allocUnsafeSlow(Math.max(sizeBytes, 2 * this.#room.byteLength));
      larger.set(this.#room.subarray(0, filled));
      this.#room = larger;
    }
    return this.#room;
  }

  /** The text of a small file in UTF-8; `undefined`, and a problem, when it is not that. */
  text(path: string): string | undefined {
    const bytes = this.look(path);
    if (bytes === undefined) return undefined;
    if (isUtf8(bytes)) return bytes.toString();
    this.wrong(path, 'MALFORMED', 'is not UTF-8 text');
    return undefined;
  }

  /** The value of a small JSON file; `undefined`, and a problem, when it is not JSON. */
  json(path: string): unknown {
    const text = this.text(path);
    if (text === undefined) return undefined;
    return this.parse(path, text);
  }

  parse(path: string, text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      this.wrong(path, 'MALFORMED', 'is not JSON');
      return undefined;
    }
  }

  #read(path: string, take: (chunk: Uint8Array) => void): boolean {
    if (!this.files.has(path)) {
      this.wrong(path, 'MISSING', 'is missing');
      return false;
    }
    try {
      for (const chunk of this.#reader.read(path)) take(chunk);
      return true;
    } catch {
      this.wrong(path, 'UNREADABLE', 'cannot be read');
      return false;
    }
  }
}
