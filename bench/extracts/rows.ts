/** Two extracts of the same rows in another order; every so often a row is lost, doubled or changed at the target. */
import { join } from 'node:path';

export const COLUMNS = ['mrn', 'name', 'birth', 'sex', 'code', 'value', 'unit', 'seen'];
export const SIDES = ['source', 'target'] as const;
export const FAULTS = 500;

export function pathOf(folder: string, side: string): string {
  return join(folder, `${side}.csv`);
}

const PIECE_ROWS = 4_096;
/** Prime to both sizes: the target has the rows in another order. */
const STRIDE = 7_919;

export function* linesOf(side: (typeof SIDES)[number], rows: number): Generator<string> {
  yield `${COLUMNS.join(',')}\n`;
  const every = rows / FAULTS;
  for (let from = 0; from < rows; from += PIECE_ROWS) {
    let piece = '';
    for (let at = from; at < Math.min(rows, from + PIECE_ROWS); at++) {
      const row = side === 'source' ? at : (at * STRIDE + 13) % rows;
      const fault = side === 'target' && row % every === 7 ? Math.floor(row / every) % 3 : undefined;
      if (fault !== 0) piece += lineOf(row, fault === 2 ? 'mmol/L' : 'mg/dL');
      if (fault === 1) piece += lineOf(row, 'mg/dL');
    }
    yield piece;
  }
}

function lineOf(row: number, unit: string): string {
  const some = Math.imul(row ^ (row >>> 15), 0x2c1b3c6d) >>> 0;
  const name = `Family${some % 90_000} Given${some % 7_001}`;
  const birth = `19${10 + (some % 90)}-0${1 + (some % 9)}-1${some % 10}`;
  const seen = `2026-02-0${1 + (some % 9)}T1${some % 10}:30:00-05:00`;
  const code = `${1000 + (some % 9_000)}-${some % 10}`;
  const mrn = `M${String(row).padStart(9, '0')}`;
  return `${mrn},${name},${birth},${some % 2 === 0 ? 'M' : 'F'},${code},${(some % 100_000) / 100},${unit},${seen}\n`;
}
