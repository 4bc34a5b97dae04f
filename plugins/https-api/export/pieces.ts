/** What was exported, kept in the spool in pieces of whole lines: `Type/id`, tab, last change, tab, the resource. */
import { ConnectorError, isConnectorError, type Spool } from '@waybill/connector-sdk';

/** A resource that is longer has a piece to itself. */
export const PIECE_BYTES = 1024 * 1024;
const TAB = 0x09;
const LINE_FEED = 0x0a;

export interface Line {
  /** `Patient/12` */
  readonly name: string;
  /** RFC 3339, or empty. */
  readonly modifiedAt: string;
  /** The resource, without white space. */
  readonly content: Buffer;
}

export function pieceKey(generation: string, piece: number): string {
  return `export/${generation}/${piece}`;
}

/** Resources on their way into a piece. */
export class Piece {
  #chunks: Buffer[] = [];
  sizeBytes = 0;

  add({ name, modifiedAt, content }: Line): void {
    const head = Buffer.from(`${name}\t${modifiedAt}\t`);
    this.#chunks.push(head, content, Buffer.of(LINE_FEED));
    this.sizeBytes += head.byteLength + content.byteLength + 1;
  }

  async store(spool: Spool, key: string): Promise<void> {
    const chunks = this.#chunks;
    await spool.write(
      key,
      (async function* () {
        yield Buffer.concat(chunks);
      })(),
    );
    this.#chunks = [];
    this.sizeBytes = 0;
  }
}

/** Fails with ITEM_NOT_FOUND when a newer export has taken its place. */
export async function loadPiece(spool: Spool, key: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of spool.read(key)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export function* linesIn(piece: Buffer): Generator<Line> {
  for (let from = 0; from < piece.byteLength; ) {
    const line = lineAt(piece, from);
    yield line.line;
    from = line.end + 1;
  }
}

/** The resource of that name in a piece. */
export function findIn(piece: Buffer, name: string): Line | undefined {
  const wanted = `${name}\t`;
  for (let at = piece.indexOf(wanted); at >= 0; at = piece.indexOf(wanted, at + 1)) {
    if (at === 0 || piece[at - 1] === LINE_FEED) return lineAt(piece, at).line;
  }
  return undefined;
}

function lineAt(piece: Buffer, from: number): { readonly line: Line; readonly end: number } {
  const first = piece.indexOf(TAB, from);
  const second = piece.indexOf(TAB, first + 1);
  const end = piece.indexOf(LINE_FEED, second + 1);
  if (first < 0 || second < 0 || end < 0) throw new ConnectorError('ITEM_CHANGED', 'a piece of the spool is damaged');
  const name = piece.toString('utf8', from, first);
  const modifiedAt = piece.toString('utf8', first + 1, second);
  return { line: { name, modifiedAt, content: piece.subarray(second + 1, end) }, end };
}

/** A small document of the spool; `undefined` when there is none. */
export async function loadJson<T>(spool: Spool, key: string): Promise<T | undefined> {
  try {
    return JSON.parse((await loadPiece(spool, key)).toString('utf8')) as T;
  } catch (error) {
    if (isConnectorError(error) && error.code === 'ITEM_NOT_FOUND') return undefined;
    throw error;
  }
}

export async function storeJson(spool: Spool, key: string, value: unknown): Promise<void> {
  await spool.write(
    key,
    (async function* () {
      yield Buffer.from(JSON.stringify(value));
    })(),
  );
}
