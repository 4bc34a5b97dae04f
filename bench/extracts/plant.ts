/** Writes both extracts of so many rows to a folder. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { linesOf, pathOf, SIDES } from './rows.ts';

const [folder = '', rows] = process.argv.slice(2);
for (const side of SIDES) {
  await pipeline(Readable.from(linesOf(side, Number(rows))), createWriteStream(pathOf(folder, side)));
}
