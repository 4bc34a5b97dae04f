/** An extract of visits as practices write them, made of a seed: the same rows whenever it is asked for. */
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

const COLUMNS = 'VISIT_ID,PATIENT_ID,LAST_NAME,DOB,SEX,ZIP,VISIT_DATE,CODE,VALUE,UNIT,EMAIL,NOTE';
const ROWS_PER_CHUNK = 5_000;
const PATIENTS = 200_000;
const NAMES = ['Doe', 'Roe', 'Poe', "O'Neil", 'van Dyke', 'Smith-Jones', 'Garcia', 'Li'] as const;
const CODES = ['2345-7', '718-7', '4548-4', '2160-0', '1742-6', '6690-2'] as const;
const UNITS = ['mg/dL', 'g/dL', '%', 'U/L', '10*3/uL'] as const;
const NOTES = ['', '', '', 'repeat in 3 months', '"seen, and sent home"', 'no change'] as const;

/** One row in a thousand is wrong in one of these ways, in turn. */
const WRONG_EVERY = 1_000;

export async function writeExtract(path: string, rows: number, seed: number): Promise<void> {
  await pipeline(chunks(rows, seed), createWriteStream(path));
}

function* chunks(rows: number, seed: number): Generator<string> {
  const next = randomOf(seed);
  yield `${COLUMNS}\n`;
  for (let from = 1; from <= rows; from += ROWS_PER_CHUNK) {
    let text = '';
    for (let row = from; row < Math.min(rows + 1, from + ROWS_PER_CHUNK); row++) text += rowOf(row, next);
    yield text;
  }
}

function rowOf(row: number, next: (below: number) => number): string {
  const wrong = row % WRONG_EVERY === 0 ? (row / WRONG_EVERY) % 4 : undefined;
  const patient = next(PATIENTS);
  const visit = String(wrong === 1 ? row - 1 : row).padStart(9, '0');
  const birth = `${1930 + (patient % 90)}-${two(1 + (patient % 12))}-${two(1 + (patient % 28))}`;
  const seen = `${2015 + next(10)}-${two(1 + next(12))}-${two(1 + next(28))}`;
  const cells = [
    visit,
    `P${String(patient).padStart(7, '0')}`,
    NAMES[patient % NAMES.length],
    wrong === 2 ? '1900-01-01' : birth,
    patient % 2 === 0 ? 'F' : 'M',
    String(10_000 + (patient % 80_000)),
    wrong === 3 ? `${seen.slice(5, 7)}/${seen.slice(8)}/${seen.slice(0, 4)}` : seen,
    CODES[next(CODES.length)],
    (next(3_000) / 10).toFixed(1),
    UNITS[next(UNITS.length)],
    `p${patient}@example.org`,
    wrong === 0 ? 'caf\u00c3\u00a9' : NOTES[next(NOTES.length)],
  ];
  return `${cells.join(',')}\n`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/** A linear congruential generator (Numerical Recipes): whole numbers below a limit. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
