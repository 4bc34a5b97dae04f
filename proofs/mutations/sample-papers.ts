/** Real C-CDA documents beside an index: filed under their own patients, and some of them under others. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { patientsInside } from '../../subgraphs/validation/checks/wrong-patient.ts';
import { demographics, documents, patients } from '../../test/validation/practice.ts';
import type { DatasetGiven } from '../../test/validation/carrier.ts';
import { type ClassFound, exceptionsOf, isAbout, namesOf } from './measure.ts';

const FOLDERS = [join('ccda', 'onc'), join('ccda', 'ms-pairs')];

interface Paper {
  readonly name: string;
  readonly mrn: string;
  readonly bytes: Buffer;
}

/** Each document several times, each time of another patient, so that there are `count`. */
function papersOf(folder: string, count: number): readonly Paper[] {
  const paths = FOLDERS.flatMap((each) => readdirSync(join(folder, each)).map((name) => join(folder, each, name)));
  const real = paths.filter((path) => /\.(?:xml|ccda)$/.test(path)).map((path) => readFileSync(path));
  const named = real.flatMap((bytes) => {
    // A number as short as 1 stands everywhere in the text.
    const number = patientsInside(bytes, []).find((each) => each.length > 2);
    return number === undefined ? [] : [{ bytes, number }];
  });
  return Array.from({ length: count }, (_, at): Paper => {
    const { bytes, number } = named[at % named.length] ?? { bytes: Buffer.alloc(0), number: '' };
    const mrn = `P${100_000 + at}`;
    return {
      name: `${mrn}.xml`,
      mrn,
      bytes: Buffer.from(bytes.toString('utf8').replaceAll(`"${number}"`, `"${mrn}"`)),
    };
  });
}

const NAMES = ['Adler', 'Brandt', 'Castillo', 'Dimitrov', 'Eriksen', 'Fournier', 'Gallagher', 'Hoffmann'];

function datasetsOf(papers: readonly Paper[], filedUnder: (at: number) => string): readonly DatasetGiven[] {
  const rows = papers.map(({ mrn }, at) => {
    const born = `19${10 + (at % 80)}-0${1 + (at % 9)}-${10 + (at % 18)}`;
    return [mrn, `${NAMES[at % NAMES.length]}${mrn}`, `Given${at}`, at % 2 === 0 ? 'F' : 'M', born];
  });
  const index = papers.map(({ name }, at) => `D${at},${filedUnder(at)},${name}`);
  const files = Object.fromEntries(papers.map(({ name, bytes }) => [`documents/${name}`, bytes]));
  const given = documents();
  return [
    demographics({ 'csv/people.csv': patients(...rows) }),
    { ...given, files: { ...files, 'documents/index.csv': `${['DOC_ID,MRN,FILE', ...index].join('\n')}\n` } },
  ];
}

export async function measurePapers(
  folder: string,
  each: number,
): Promise<{ readonly found: ClassFound; readonly units: number; readonly alarms: readonly string[] }> {
  const papers = papersOf(folder, each * 4);
  const own = (at: number): string => papers[at]?.mrn ?? '';
  const clean = await exceptionsOf('clean-papers', datasetsOf(papers, own), () => {});
  const isSwapped = (at: number): boolean => at % 4 === 1;
  const other = (at: number): string => (isSwapped(at) ? own(at - 1) : own(at));
  const { rows } = await exceptionsOf('spoiled-papers', datasetsOf(papers, other), () => {});
  const wrong = papers.filter((_, at) => isSwapped(at)).map(({ name }) => `documents/${name}`);
  const isFound = (path: string): boolean =>
    rows.some((row) => row.category === 'wrong-patient' && isAbout(row, [path]));
  return {
    found: {
      name: 'a summary filed under another patient',
      isCritical: true,
      seeded: wrong.length,
      found: wrong.filter(isFound).length,
    },
    units: clean.units,
    alarms: namesOf(clean.rows),
  };
}
