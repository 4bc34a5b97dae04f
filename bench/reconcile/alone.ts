/**
 * Marks and matches what was planted, once, in a process that does nothing else, so that the memory it held is that of
 * matching. Arguments: the folder of the planted files, how many MB may be held, how many faults there are. Prints an
 * OurCost.
 */
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { withColumnar } from '../../runtime/columnar.ts';
import { matchRecords } from '../../subgraphs/validation/work/match.ts';
import type { Desk } from '../../subgraphs/validation/work/read-original.ts';
import { RecordNotes } from '../../subgraphs/validation/work/record-notes.ts';
import {
  ACTUAL,
  type ActualLine,
  EXPECTED,
  type ExpectedLine,
  FindingBook,
  FINDINGS,
} from '../../subgraphs/validation/work/scratch.ts';
import { type Place, Spool, withSpool } from '../../subgraphs/validation/work/spool.ts';
import { measured, type OurCost } from './cost.ts';
import { keysRows } from './keys.ts';

const [planted = '', memoryMaxMb = '', faults = ''] = process.argv.slice(2);
const DIFFERENCE = { field: 'value', category: 'value-mismatch', note: 'differs', critical: true } as const;

/** The planted files beside those that matching writes itself. */
class PlantedSpool extends Spool {
  override async file(name: string): ReturnType<Spool['file']> {
    const path = join(planted, name);
    const isPlanted = await stat(path).then(
      () => true,
      () => false,
    );
    return isPlanted ? (new PlantedFile(path) as unknown as ReturnType<Spool['file']>) : super.file(name);
  }

  override lines({ file }: Parameters<Spool['lines']>[0]): ReturnType<Spool['file']> {
    return this.file(file);
  }
}

/** Stands there written: a line that is added is the next one of it. */
class PlantedFile {
  readonly isEmpty = false;
  lines = 0;
  readonly path: string;
  readonly pieces: readonly string[];
  #sizeBytes = 0;

  constructor(path: string) {
    this.path = path;
    this.pieces = [path];
  }

  readonly isFull = false;

  putLine({ sizeBytes }: { readonly sizeBytes: number }): Place {
    const at = this.#sizeBytes;
    this.lines += 1;
    this.#sizeBytes += sizeBytes;
    return { at, sizeBytes };
  }

  async flush(): Promise<void> {}

  async read(at: number, sizeBytes: number): Promise<Buffer> {
    const handle = await open(this.path);
    const { buffer } = await handle.read(Buffer.alloc(sizeBytes), 0, sizeBytes, at);
    await handle.close();
    return buffer;
  }
}

async function mark(records: RecordNotes): Promise<void> {
  const take = (file: string) => keysRows(join(planted, `${file}.keys`));
  for await (const some of take(EXPECTED.file)) {
    for (const row of some) await records.expect(row as unknown as ExpectedLine);
  }
  for await (const some of take(ACTUAL.file)) {
    for (const row of some) await records.find(row as unknown as ActualLine);
  }
}

async function match(spool: Spool, records: RecordNotes, directory: string): Promise<void> {
  const policy = { validation: { memoryMaxMb: Number(memoryMaxMb) } };
  const task = { lineage: { compare: () => [DIFFERENCE] }, otherMaps: new Map(), policy };
  const findings = new FindingBook(spool);
  const desk = { task, spool, findings, records, movedBy: new Map() } as unknown as Desk;
  await withColumnar(
    async (db) => {
      await db.run('create table item (n integer, s varchar)');
      await matchRecords(db, desk, {});
    },
    { memoryMaxMb: Number(memoryMaxMb), directory },
  );
  const found = (await spool.file(FINDINGS.file)).lines;
  if (found !== Number(faults)) throw new Error(`${found} of ${faults} faults were found`);
}

const cost = await withSpool(join(planted, 'matching'), async ({ folder }) => {
  const spool = new PlantedSpool(folder);
  const records = await RecordNotes.in(spool);
  const marks = await measured(() => mark(records));
  const matching = await measured(() => match(spool, records, join(planted, 'columnar')));
  const [seconds, cpuSeconds] = [marks.seconds + matching.seconds, marks.cpuSeconds + matching.cpuSeconds];
  return { seconds, cpuSeconds, peakMb: matching.peakMb, matching } satisfies OurCost;
});
process.stdout.write(`${JSON.stringify(cost)}\n`);
