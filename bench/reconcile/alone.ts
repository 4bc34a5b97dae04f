/**
 * Matches what was planted, once, in a process that does nothing else, so that the memory it held is that of matching.
 * Arguments: the folder of the planted files, how many MB DuckDB may hold, how many faults there are. Prints a Cost.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { withColumnar } from '../../runtime/columnar.ts';
import { matchRecords } from '../../subgraphs/validation/work/match.ts';
import type { Desk } from '../../subgraphs/validation/work/read-original.ts';
import { FindingBook, FINDINGS } from '../../subgraphs/validation/work/scratch.ts';
import { Spool, withSpool } from '../../subgraphs/validation/work/spool.ts';
import { measured } from './cost.ts';

const [planted = '', memoryMaxMb = '', faults = ''] = process.argv.slice(2);
const DIFFERENCE = { field: 'value', category: 'value-mismatch', note: 'differs', critical: true } as const;

/** The planted files beside those that matching writes itself. */
class PlantedSpool extends Spool {
  override async file(name: string): ReturnType<Spool['file']> {
    if (name === FINDINGS.file) return super.file(name);
    const path = join(planted, name);
    return {
      path,
      isEmpty: false,
      flush: async () => {},
      read: (at: number, sizeBytes: number) => piece(path, at, sizeBytes),
    } as unknown as Awaited<ReturnType<Spool['file']>>;
  }
}

async function piece(path: string, at: number, sizeBytes: number): Promise<Buffer> {
  const handle = await open(path);
  const { buffer } = await handle.read(Buffer.alloc(sizeBytes), 0, sizeBytes, at);
  await handle.close();
  return buffer;
}

async function match(spool: Spool, directory: string): Promise<void> {
  const task = { lineage: { compare: () => [DIFFERENCE] }, otherMaps: new Map() };
  const desk = { task, spool, findings: new FindingBook(spool), movedBy: new Map() } as unknown as Desk;
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

const cost = await withSpool(join(planted, 'matching'), ({ folder }) =>
  measured(() => match(new PlantedSpool(folder), join(planted, 'columnar'))),
);
process.stdout.write(`${JSON.stringify(cost)}\n`);
