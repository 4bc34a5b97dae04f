/** By what each planted line is matched, as validation has it at hand when it takes the line down: rows of one size. */
import { open } from 'node:fs/promises';

export const RECORD_TYPE = 'Observation';

export interface KeysRow {
  readonly t: string;
  readonly k: string;
  readonly d: string;
  readonly w: boolean;
  /** Of the line, its end included. */
  readonly sizeBytes: number;
}

const KEY_SIZE_BYTES = 24;
const DIGEST_SIZE_BYTES = 64;
const COUNT_SIZE_BYTES = 4;
const ROW_SIZE_BYTES = KEY_SIZE_BYTES + DIGEST_SIZE_BYTES + COUNT_SIZE_BYTES;
const ROWS_READ = 1_000;

export function keysRow({ k, d, sizeBytes }: Pick<KeysRow, 'k' | 'sizeBytes'> & { readonly d: string | null }): Buffer {
  const row = Buffer.alloc(ROW_SIZE_BYTES, ' ');
  row.write(k);
  row.write(d ?? '', KEY_SIZE_BYTES);
  row.writeUInt32LE(sizeBytes, KEY_SIZE_BYTES + DIGEST_SIZE_BYTES);
  return row;
}

export async function* keysRows(path: string): AsyncGenerator<readonly KeysRow[]> {
  const handle = await open(path);
  const some = Buffer.alloc(ROWS_READ * ROW_SIZE_BYTES);
  try {
    for (;;) {
      const { bytesRead } = await handle.read(some);
      if (bytesRead === 0) return;
      yield rowsIn(some.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

function rowsIn(some: Buffer): readonly KeysRow[] {
  const rows: KeysRow[] = [];
  for (let at = 0; at < some.length; at += ROW_SIZE_BYTES) {
    const digestAt = at + KEY_SIZE_BYTES;
    const countAt = digestAt + DIGEST_SIZE_BYTES;
    const [k, d] = [some.toString('latin1', at, digestAt), some.toString('latin1', digestAt, countAt)];
    rows.push({ t: RECORD_TYPE, k, d, w: true, sizeBytes: some.readUInt32LE(countAt) });
  }
  return rows;
}
