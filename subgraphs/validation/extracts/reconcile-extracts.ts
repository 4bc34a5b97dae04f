/**
 * Reconciles two extracts that Waybill never moved: every record of either side gets exactly one place. The same inputs
 * give the same findings in the same order. Memory is bounded by a limit; what is read lies in scratch files meanwhile.
 */
import { hash } from 'node:crypto';
import type { DuckDBConnection } from '@duckdb/node-api';
import { canonicalJson, type Json, parseJson } from '../../../kernel/canonical-json.ts';
import type { Category } from '../../../kernel/exception.ts';
import type { Difference } from '../../../records/lineage/lineage.ts';
import { withColumnar } from '../../../runtime/columnar.ts';
import { type Columns, countOf, rowsOf, tableOf } from '../work/rows.ts';
import { type Spool, withSpool } from '../work/spool.ts';
import type { ExtractRead, ExtractRecord } from './extract.ts';
import type { KeyOf } from './keys.ts';
import { type RowsFile, siftRows } from './sift-rows.ts';

export const SIDES = ['source', 'target'] as const;
export type Side = (typeof SIDES)[number];

/** One thing that is wrong: where it stands on each side, and which field. Never a value, never a key. */
export interface ExtractFinding {
  readonly category: Category;
  readonly code: string;
  readonly recordType: string;
  readonly source: string | null;
  readonly target: string | null;
  readonly field: string | null;
  readonly note: string;
}

/** `records = matched + differs + missing + repeated + unusable`, on each side. */
export interface SideCounts {
  readonly records: number;
  readonly matched: number;
  readonly differs: number;
  /** Nothing on the other side has the key. */
  readonly missing: number;
  /** The key stands more than once on either side. */
  readonly repeated: number;
  /** Could not be read, or has no key. */
  readonly unusable: number;
}

export interface ExtractTotals {
  readonly source: SideCounts;
  readonly target: SideCounts;
  /** Findings by category and code. */
  readonly findings: readonly { readonly category: Category; readonly code: string; readonly count: number }[];
}

export interface ExtractSide {
  /** Reads the extract from its front; `db` for what only DuckDB can read. */
  readonly read: (db: DuckDBConnection) => AsyncIterable<ExtractRead>;
  readonly keyOf: KeyOf;
  /** Where it is rows that can be gone through without making records of all of them. */
  readonly rows?: RowsFile | undefined;
}

export interface ReconcileExtracts {
  readonly source: ExtractSide;
  readonly target: ExtractSide;
  readonly compare: (type: string, source: Json, target: Json) => readonly Difference[];
  /** Takes the findings, in order. */
  readonly found: (finding: ExtractFinding) => Promise<void>;
  /** A folder of its own for scratch files; emptied before and removed afterwards. */
  readonly folder: string;
  readonly memoryMaxMb: number;
  /** What sets it, for whoever has to raise it. */
  readonly memorySetBy?: string | undefined;
}

/**
 * n: ordinal, t: record type, k: of type and key, p: place, d: digest, a and z: where its content lies. Where two
 * extracts share nothing all of it is held against all of it: half as wide, half as much is spilled.
 */
const RECORDS = {
  n: 'DOUBLE',
  t: 'VARCHAR',
  k: 'VARCHAR',
  p: 'VARCHAR',
  d: 'VARCHAR',
  a: 'DOUBLE',
  z: 'DOUBLE',
} as const satisfies Columns;
const UNUSABLE = { n: 'DOUBLE', t: 'VARCHAR', p: 'VARCHAR', c: 'VARCHAR', m: 'VARCHAR' } as const satisfies Columns;

export async function reconcileExtracts(given: ReconcileExtracts): Promise<ExtractTotals> {
  const { folder, memoryMaxMb, memorySetBy: setBy } = given;
  return withSpool(folder, (spool) =>
    withColumnar(
      async (db) => {
        const { source, target } = given;
        const rows = source.rows && target.rows && (await siftRows(source.rows, target.rows, spool, memoryMaxMb));
        for (const side of SIDES) {
          const { read, keyOf } = given[side];
          await takeDown({ db, spool, side }, { read: rows === undefined ? read : () => rows[side], keyOf });
        }
        return new Reconciliation(db, spool, given, rows?.matched ?? 0).run();
      },
      { memoryMaxMb, directory: folder, setBy },
    ),
  );
}

/** Of six bits each. */
const KEY_DIGITS = 22;

interface Desk {
  readonly db: DuckDBConnection;
  readonly spool: Spool;
  readonly side: Side;
}

async function takeDown({ db, spool, side }: Desk, { read, keyOf }: ExtractSide): Promise<void> {
  const records = await spool.file(`${side}.ndjson`);
  const contents = await spool.file(`${side}.contents`);
  const unusable = await spool.file(`${side}.unusable`);
  let ordinal = 0;
  for await (const each of read(db)) {
    ordinal += 1;
    const key = each.kind === 'record' ? keyOf(each.record) : undefined;
    if (each.kind === 'problem' || key === undefined) {
      await unusable.line(unusableLine(ordinal, each));
      continue;
    }
    const { type, position, value } = each.record;
    const content = canonicalJson(value);
    const bytes = Buffer.from(content);
    const a = await contents.append(bytes);
    // Half of a digest: keys that share it by chance are told to differ, as what they say is held against it whole.
    const k = hash('sha256', `${type}\u001e${key}`, 'base64url').slice(0, KEY_DIGITS);
    const d = hash('sha256', bytes, 'base64url');
    await records.line({ n: ordinal, t: type, k, p: position, d, a, z: bytes.byteLength });
  }
  for (const [file, name, columns] of [
    [records, side, RECORDS],
    [unusable, `${side}_unusable`, UNUSABLE],
  ] as const) {
    await file.flush();
    await tableOf(db, name, file.isEmpty ? [] : [file.path], columns);
  }
  await contents.flush();
}

function unusableLine(n: number, read: ExtractRead): object {
  if (read.kind === 'problem') {
    const { position, code, message } = read.problem;
    return { n, t: '', p: position, c: code, m: message };
  }
  const { type, position }: ExtractRecord = read.record;
  return { n, t: type, p: position, c: 'KEY_MISSING', m: 'a field of the key is empty, or is not one value' };
}

interface Placed {
  readonly t: string;
  readonly p: string;
}
type Unusable = Placed & { readonly c: string; readonly m: string };
type Repeated = Placed & { readonly here: bigint | number; readonly there: bigint | number };
type Pair = Record<'sa' | 'sz' | 'ta' | 'tz', number> & {
  readonly t: string;
  readonly sp: string;
  readonly tp: string;
};

class Reconciliation {
  readonly #db: DuckDBConnection;
  readonly #spool: Spool;
  readonly #given: ReconcileExtracts;
  /** Pairs that were found to match before. */
  readonly #sifted: number;
  readonly #counts = new Map<string, { readonly category: Category; readonly code: string; count: number }>();

  constructor(db: DuckDBConnection, spool: Spool, given: ReconcileExtracts, sifted: number) {
    this.#sifted = sifted;
    this.#db = db;
    this.#spool = spool;
    this.#given = given;
  }

  async run(): Promise<ExtractTotals> {
    await this.#join();
    for (const side of SIDES) await this.#unusable(side);
    const repeated = { source: await this.#repeated('source'), target: await this.#repeated('target') };
    const lost = await this.#missing('source', 'missing-record', 'KEY_NOT_FOUND');
    const differs = await this.#differing();
    const extra = await this.#missing('target', 'unexpected-record', 'KEY_NOT_EXPECTED');
    const findings = [...this.#counts.values()].sort((left, right) => right.count - left.count);
    return {
      source: await this.#sideOf('source', { differs, missing: lost, repeated: repeated.source }),
      target: await this.#sideOf('target', { differs, missing: extra, repeated: repeated.target }),
      findings,
    };
  }

  /** Keys that stand more than once on either side are taken out first; the rest joins one to one. */
  async #join(): Promise<void> {
    await this.#db.run(`create table repeated as
      select k, count(*) filter (s) here, count(*) filter (not s) there
      from (select k, true s from source union all select k, false s from target) group by k
      having here > 1 or there > 1`);
    await this.#db.run(`create table unlike as select s.n, s.t, s.p sp, t.p tp, s.a sa, s.z sz, t.a ta, t.z tz
      from source s join target t using (k) anti join repeated r on r.k = s.k where s.d <> t.d`);
  }

  async #unusable(side: Side): Promise<void> {
    const query = `select * from ${side}_unusable order by n`;
    for await (const { t, p, c, m } of rowsOf<Unusable>(this.#db, query))
      await this.#add(side, { category: 'unreadable', code: c, recordType: t, note: m }, p);
  }

  async #repeated(side: Side): Promise<number> {
    let repeated = 0;
    const query = `select r.t, r.p, d.here, d.there from ${side} r join repeated d using (k) order by r.n`;
    for await (const { t, p, here, there } of rowsOf<Repeated>(this.#db, query)) {
      const note = `the key stands ${here} times in the source and ${there} times in the target`;
      await this.#add(side, { category: 'duplicate-record', code: 'KEY_REPEATED', recordType: t, note }, p);
      repeated += 1;
    }
    return repeated;
  }

  async #missing(side: Side, category: Category, code: string): Promise<number> {
    const other = side === 'source' ? 'target' : 'source';
    const note = `nothing in the ${other} has this key`;
    const query = `select t, p from ${side} anti join ${other} using (k) anti join repeated using (k) order by n`;
    let missing = 0;
    for await (const { t, p } of rowsOf<Placed>(this.#db, query)) {
      await this.#add(side, { category, code, recordType: t, note }, p);
      missing += 1;
    }
    return missing;
  }

  /** How many pairs differ; those whose bytes differ and whose fields agree do not. */
  async #differing(): Promise<number> {
    let differs = 0;
    for await (const pair of rowsOf<Pair>(this.#db, 'select * from unlike order by n')) {
      const source = await this.#content('source', pair.sa, pair.sz);
      const target = await this.#content('target', pair.ta, pair.tz);
      const differences = this.#given.compare(pair.t, source, target);
      if (differences.length > 0) differs += 1;
      for (const { category, field, note, critical } of differences) {
        const code = critical ? 'CRITICAL_FIELD_DIFFERS' : 'FIELD_DIFFERS';
        const place = { source: pair.sp, target: pair.tp };
        await this.#tell({ category, code, recordType: pair.t, ...place, field, note });
      }
    }
    return differs;
  }

  async #content(side: Side, at: number, sizeBytes: number): Promise<Json> {
    const file = await this.#spool.file(`${side}.contents`);
    return parseJson((await file.read(at, sizeBytes)).toString('utf8'));
  }

  async #sideOf(side: Side, seen: Pick<SideCounts, 'differs' | 'missing' | 'repeated'>): Promise<SideCounts> {
    const usable = this.#sifted + (await countOf(this.#db, `select count(*) from ${side}`));
    const unusable = await countOf(this.#db, `select count(*) from ${side}_unusable`);
    const matched = usable - seen.missing - seen.repeated - seen.differs;
    return { records: usable + unusable, matched, ...seen, unusable };
  }

  async #add(
    side: Side,
    seen: Pick<ExtractFinding, 'category' | 'code' | 'recordType' | 'note'>,
    place: string,
  ): Promise<void> {
    await this.#tell({ ...seen, source: null, target: null, [side]: place, field: null });
  }

  async #tell(finding: ExtractFinding): Promise<void> {
    const { category, code } = finding;
    const known = this.#counts.get(`${category} ${code}`) ?? { category, code, count: 0 };
    known.count += 1;
    this.#counts.set(`${category} ${code}`, known);
    await this.#given.found(finding);
  }
}
