/** Finds charts of one person: charts that share a key are held against each other, block by block. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { type Person, PERSON_MEMBERS, readPerson } from '../checks/person.ts';
import {
  explain,
  type Frequencies,
  isPerhapsKin,
  type Likeness,
  likenessOf,
  probabilityOf,
} from '../checks/same-person.ts';
import { countOf, rowsOf } from './rows.ts';

/** Charts under one key that are held against each other; larger blocks are those of a common name and are left out. */
const BLOCK_CHARTS_MAX = 100;
/** Second charts that are told of one by one. */
const FOUND_MAX = 200_000;
/** How common a name is held to be before any is counted; this weighs as much as so many patients do. */
const PRIOR = { family: 0.0005, given: 0.003 } as const;
const PRIOR_PATIENTS = 5_000;
/** Names that are counted one by one; any other is held to be as common as the rarest of them. */
const COMMON_NAMES_MAX = 5_000;

/** What two charts must share to be held against each other. Each key may miss what another one finds. */
const KEYS: readonly string[] = [
  `case when birth <> '' and given <> '' then birth || left(given, 1) end`,
  `case when birth <> '' then birth || left(family, 2) end`,
  `case when given <> '' then least(family, given) || ' ' || greatest(family, given) end`,
  `case when ssn <> '' then ssn end`,
  `case when phone <> '' then phone end`,
  `case when given <> '' and postal <> '' and birth <> '' then given || postal || left(birth, 4) end`,
];

export interface SamePerson {
  /** The second chart, by its place in the table `person`. */
  readonly chart: number;
  readonly other: number;
  readonly probability: number;
  readonly likeness: Likeness;
}

export interface SamePersons {
  readonly found: readonly SamePerson[];
  /** Second charts beyond those told. */
  readonly more: number;
}

/**
 * Leaves the table `person`: a relation, and its place as `chart`. Of charts of one person all but the first are
 * told, each with the earlier one it is most like.
 */
export async function findSamePersons(db: DuckDBConnection, probabilityMin: number): Promise<SamePersons> {
  const parts = PERSON_MEMBERS.map((name, at) => `split_part(x, '|', ${at + 1}) as ${name}`).join(', ');
  await db.run(`create table person as select (row_number() over (order by ds, n, o))::integer chart, * from
    (select *, row_number() over (partition by s, k order by ds, n, o) place from relation
      where r = 'patient' and x is not null) where place = 1`);
  await db.run(`create table trait as select chart, s, ${parts} from person`);
  const patients = await countOf(db, 'select count(*) from trait');
  if (patients < 2) return { found: [], more: 0 };
  const common = await commonNames(db, patients);
  const best = new Map<number, SamePerson>();
  let more = 0;
  for (const key of KEYS) {
    // A chart has one key a pass, so that a block is named by its first chart: numbers are sorted and read, not keys.
    await db.run(`create table block as select min(chart) over (partition by key) as head, chart from
      (select s || ' ' || ${key} as key, chart from trait)
      where key is not null qualify count(*) over (partition by key) between 2 and ${BLOCK_CHARTS_MAX}`);
    for await (const pair of alike(db, { patients, common, probabilityMin })) {
      const known = best.get(pair.chart);
      if (known === undefined && best.size >= FOUND_MAX) more += 1;
      else if (known === undefined || isBetter(pair, known)) best.set(pair.chart, pair);
    }
    await db.run('drop table block');
  }
  return { found: [...best.values()].toSorted((left, right) => left.chart - right.chart), more };
}

function isBetter(one: SamePerson, other: SamePerson): boolean {
  return (
    one.likeness.bits > other.likeness.bits || (one.likeness.bits === other.likeness.bits && one.other < other.other)
  );
}

interface Pass {
  readonly patients: number;
  readonly common: Frequencies;
  readonly probabilityMin: number;
}

interface Chart {
  readonly chart: number;
  readonly person: Person;
}

async function* alike(db: DuckDBConnection, pass: Pass): AsyncGenerator<SamePerson> {
  const query = 'select head, chart, x from block join person using (chart) order by head, chart';
  let head: number | undefined;
  let block: Chart[] = [];
  for await (const row of rowsOf<{ head: number; chart: number; x: string }>(db, query)) {
    if (row.head !== head) [head, block] = [row.head, []];
    const later = { chart: row.chart, person: readPerson(row.x) };
    for (const earlier of block) {
      const same = judge(earlier, later, pass);
      if (same !== undefined) yield same;
    }
    block.push(later);
  }
}

function judge(earlier: Chart, later: Chart, { patients, common, probabilityMin }: Pass): SamePerson | undefined {
  if (isPerhapsKin(earlier.person, later.person)) return undefined;
  const likeness = likenessOf(earlier.person, later.person, common);
  const probability = probabilityOf(likeness.bits, patients);
  return probability < probabilityMin ? undefined : { chart: later.chart, other: earlier.chart, probability, likeness };
}

async function commonNames(db: DuckDBConnection, patients: number): Promise<Frequencies> {
  return { family: await sharesOf(db, 'family', patients), given: await sharesOf(db, 'given', patients) };
}

async function sharesOf(
  db: DuckDBConnection,
  column: 'family' | 'given',
  patients: number,
): Promise<(name: string) => number> {
  const shareOf = (n: number): number => (n + PRIOR[column] * PRIOR_PATIENTS) / (patients + PRIOR_PATIENTS);
  const shares = new Map<string, number>();
  let rarest = shareOf(1);
  const query = `select ${column} as name, count(*) n from trait where ${column} <> '' group by 1
    having count(*) > 1 order by n desc, name limit ${COMMON_NAMES_MAX}`;
  for await (const { name, n } of rowsOf<{ name: string; n: bigint }>(db, query)) {
    shares.set(name, shareOf(Number(n)));
    if (shares.size === COMMON_NAMES_MAX) rarest = shareOf(Number(n));
  }
  return (name) => shares.get(name) ?? rarest;
}

/** What is told of a second chart: which weights make it one, never a value. */
export function noteOf({ probability, likeness }: SamePerson): string {
  const shown = Math.min(probability, 0.9999).toFixed(4);
  return `another chart is of the same person with a probability of ${shown}: ${explain(likeness)}`;
}
