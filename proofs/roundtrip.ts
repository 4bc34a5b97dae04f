/**
 * Reads every file of a folder by what its content is, writes it again, and compares byte for byte. Without an
 * argument the folder is the one WAYBILL_SAMPLES names. Fails where a file is not the same and nothing says why.
 */
import { open, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { classify, CLASSIFY_BYTES_MAX, type ContentKind } from '../records/classify.ts';
import { codecOf } from '../records/codecs.ts';
import type { Problem } from '../records/format.ts';
import { ItemReading } from '../records/item-bytes.ts';

export interface RoundTrip {
  /** Relative to the folder. */
  readonly path: string;
  readonly kind: ContentKind;
  readonly records: number;
  /** Whether the bytes read, and the records written again, are the file. */
  readonly identical: boolean;
  readonly findings: readonly Problem[];
}

/** Every file under `folder`, in the order of its path. */
export async function* roundTrips(folder: string): AsyncGenerator<RoundTrip> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const path of paths.sort()) yield { ...(await roundTrip(path)), path: relative(folder, path) };
}

async function roundTrip(path: string): Promise<RoundTrip> {
  await using file = await open(path);
  const reading = new ItemReading(file.createReadStream({ autoClose: false }));
  const kind = classify(await reading.peek(CLASSIFY_BYTES_MAX));
  const codec = codecOf(kind);
  const original = new Follower(await open(path));
  const findings: Problem[] = [];
  let records = 0;
  try {
    for await (const read of codec.read(path, reading)) {
      if (read.kind === 'problem') findings.push(read.problem);
      else if (read.kind === 'filling') await original.expect(read.bytes);
      else {
        records++;
        await original.expect(codec.write(read.record));
      }
    }
    return { path, kind, records, identical: await original.isDone(), findings };
  } finally {
    await original.close();
  }
}

type FileHandle = Awaited<ReturnType<typeof open>>;

/** Holds written bytes against a file, from front to back. */
class Follower {
  readonly #file: FileHandle;
  #at = 0;
  #same = true;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async expect(written: Buffer): Promise<void> {
    const found = Buffer.alloc(written.length);
    const { bytesRead } = await this.#file.read(found, 0, written.length, this.#at);
    this.#at += written.length;
    this.#same &&= bytesRead === written.length && found.equals(written);
  }

  async isDone(): Promise<boolean> {
    return this.#same && (await this.#file.stat()).size === this.#at;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

interface Row {
  files: number;
  records: number;
  identical: number;
  findings: number;
  failed: number;
}

function count(row: Row, trip: RoundTrip): void {
  row.files++;
  row.records += trip.records;
  if (trip.identical) row.identical++;
  if (trip.findings.length > 0) row.findings++;
  if (!trip.identical && trip.findings.length === 0) row.failed++;
}

const FOLDER_CHARACTERS = 44;
const LISTED_MAX = 5;

function line(name: string, cells: readonly (string | number)[]): string {
  return name.padEnd(FOLDER_CHARACTERS) + cells.map((cell) => String(cell).padStart(15)).join('');
}

async function main(folder: string | undefined): Promise<void> {
  if (folder === undefined) {
    console.log('no folder: give one, or name it in WAYBILL_SAMPLES');
    process.exitCode = 1;
    return;
  }
  const rows = new Map<string, Row>();
  const total: Row = { files: 0, records: 0, identical: 0, findings: 0, failed: 0 };
  for await (const trip of roundTrips(folder)) {
    const place = trip.path.split('/').slice(0, 2);
    const name = place.length === 2 && trip.path.split('/').length > 2 ? place.join('/') : (place[0] ?? '');
    const row = rows.get(name) ?? { files: 0, records: 0, identical: 0, findings: 0, failed: 0 };
    rows.set(name, row);
    count(row, trip);
    count(total, trip);
    if (!trip.identical) console.log(`NOT IDENTICAL ${trip.path} (${trip.kind})`);
    for (const { code, position } of trip.findings.slice(0, LISTED_MAX))
      console.log(`${trip.path}: ${code} ${position}`);
    if (trip.findings.length > LISTED_MAX) console.log(`${trip.path}: ${trip.findings.length - LISTED_MAX} more`);
  }
  console.log(`\n${line('folder', ['files', 'records', 'identical', 'with findings', 'failed'])}`);
  for (const [name, row] of rows) console.log(line(name, Object.values(row)));
  console.log(line('total', Object.values(total)));
  if (total.failed > 0 || total.files === 0) process.exitCode = 1;
}

if (import.meta.main) await main(process.argv[2] ?? process.env['WAYBILL_SAMPLES']);
