/** Made-up people by number: no two share a name, so that only those planted look alike. */
import { oru } from '../../test/validation/practice.ts';

const LETTERS = 'abcdefghijklmnopqrst';
const DAY_MS = 86_400_000;

/** A word for a number: no two numbers have the same, nor nearly the same. */
function word(n: number): string {
  let [rest, text] = [n * 7_919 + 104_729, ''];
  while (rest > 0) {
    text += LETTERS[rest % LETTERS.length] ?? '';
    rest = Math.floor(rest / LETTERS.length);
  }
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}mann`;
}

export function mrnOf(n: number): string {
  return String(n).padStart(7, '0');
}

export function familyOf(n: number): string {
  return word(n);
}

/** Number, family, given, sex and birth date of a person, as the extract has them. */
export function person(n: number): readonly string[] {
  const born = new Date(Date.UTC(1940, 0, 1) + ((n * 37) % 25_000) * DAY_MS).toISOString().slice(0, 10);
  return [mrnOf(n), familyOf(n), word(n + 500_000).slice(0, 6), n % 2 === 0 ? 'F' : 'M', born];
}

/** A laboratory message: a report with two observations, of the person with the same number. */
export function result(n: number, mrn: string = mrnOf(n), at?: string): string {
  return oru(`ORU${mrnOf(n)}`, mrn, at);
}
