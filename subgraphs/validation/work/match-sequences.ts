/** Messages in their sequence: holes and repetitions in what their senders count, MSH-10 and MSH-13. */
import type { DuckDBConnection } from '@duckdb/node-api';
import {
  GAP_LENGTH_MAX,
  OWN_IDS_SHARE_MIN,
  SERIES_LENGTH_MIN,
  STEPS_OF_ONE_SHARE_MIN,
} from '../checks/sequence-gap.ts';
import { finding } from '../domain/finding.ts';
import { CONTROL_ID_REPEATED } from '../domain/settle.ts';
import type { Desk } from './read-original.ts';
import { countOf, rowsOf } from './rows.ts';
import { MESSAGES, NO_ITEM } from './scratch.ts';
import { scratchTable } from './scratch-tables.ts';

/** What is counted: where it stands, and what a hole and a repetition are called. */
const CONTROL_ID = { field: 'MSH-10', missing: 'CONTROL_ID_MISSING', repeated: CONTROL_ID_REPEATED } as const;
const SEQUENCE_NUMBER = {
  ...{ field: 'MSH-13', missing: 'SEQUENCE_NUMBER_MISSING', repeated: 'SEQUENCE_NUMBER_REPEATED' },
} as const;
type Counted = typeof CONTROL_ID | typeof SEQUENCE_NUMBER;

/**
 * Senders that share one counter have no id in common; where two have, each counts by itself. Numbers of a sender begin
 * anew at 0 and -1, which number nothing (HL7 2.9, 2.10.1), and where a second message has the number 1.
 */
const TABLES = [
  `create table control as select n, m, i, s, c, v, x || chr(13) || case when x in
    (select x from message where v is not null group by x, v having count(distinct s) > 1) then s else '' end as x
    from message where v is not null`,
  `create table numbered as select n, m, i, s, c, q as v, s || chr(13) || epoch as x from (
    select *, sum(case when q <= 0 or (q = 1 and first_ones > 1) then 1 else 0 end) over in_time as epoch from (
      select *, sum(case when q = 1 then 1 else 0 end) over in_time as first_ones from message where q is not null
      window in_time as (partition by s order by t nulls first, q > 0, n, m rows unbounded preceding))
    window in_time as (partition by s order by t nulls first, q > 0, n, m rows unbounded preceding)) where q > 0`,
];

export async function matchSequences(db: DuckDBConnection, desk: Desk): Promise<void> {
  await scratchTable(db, desk, 'message', MESSAGES);
  if ((await countOf(db, 'select count(*) from message')) === 0) return;
  for (const table of TABLES) await db.run(table);
  await findSeries(db, 'control');
  await findSeries(db, 'numbered');
  await findHoles(db, desk, CONTROL_ID, 'control_hole');
  // A message that is missing has left a hole in both, which is one fault.
  await findHoles(db, desk, SEQUENCE_NUMBER, 'numbered_hole anti join control_hole using (i, earlier, step)');
  await db.run(REPEATED);
  await findRepetitions(db, desk, CONTROL_ID, 'message_repeated');
  await findRepetitions(db, desk, SEQUENCE_NUMBER, `(${REPEATED_NUMBERS}) anti join message_repeated using (n, m)`);
}

/** Tables of what counts by one, and of its holes. */
async function findSeries(db: DuckDBConnection, table: 'control' | 'numbered'): Promise<void> {
  await db.run(`create table ${table}_series as select *, v - lag(v) over counted as step,
    lag(c) over counted as earlier, lag(v) over counted as earlier_v, lag(i) over counted as earlier_item
    from (select x, v, min(c) c, arg_min(i, (n, m)) i, min(n) n from ${table} group by x, v)
    window counted as (partition by x order by v)`);
  await db.run(`create table ${table}_counted as select x from ${table}_series group by x
    having count(*) >= ${SERIES_LENGTH_MIN}
    and count(*) filter (step = 1) >= ${STEPS_OF_ONE_SHARE_MIN} * (count(*) - 1)`);
  await db.run(`create table ${table}_hole as from ${table}_series semi join ${table}_counted using (x)
    where step > 1 and step <= ${GAP_LENGTH_MAX}`);
}

interface Hole {
  readonly n: number;
  readonly i: string;
  readonly earlier_item: string;
  readonly earlier: string;
  readonly earlier_v: number;
  readonly step: number;
}

async function findHoles(db: DuckDBConnection, desk: Desk, { field, missing }: Counted, holes: string): Promise<void> {
  const what = field === 'MSH-10' ? 'control ids' : 'sequence numbers';
  const query = `select n, i, earlier_item, earlier, earlier_v, step from ${holes} order by x, v`;
  for await (const { n, i, earlier_item, earlier, earlier_v, step } of rowsOf<Hole>(db, query)) {
    const note = `${step - 1} ${what} are missing after this one`;
    const seen = { origin: 'sequence', category: 'sequence-gap', code: missing, note } as const;
    // Between two items, neither is to blame.
    const isInside = i === earlier_item;
    const position = `${field} ${field === 'MSH-10' ? earlier : earlier_v}`;
    const about = { itemId: isInside ? i : null, position };
    await desk.findings.add(isInside ? n : NO_ITEM, finding({ ...about, ...seen }));
  }
}

/** A control id comes twice where ids count, and where nearly every message of its sender has one of its own. */
const REPEATED = `create table message_repeated as select n, m, i, c as shown from (
    select *, row_number() over (partition by s, c order by n, m) place from message where c <> '')
  where place > 1 and (s in (select s from message group by s
      having count(*) >= ${SERIES_LENGTH_MIN} and count(distinct c) >= ${OWN_IDS_SHARE_MIN} * count(*))
    or (n, m) in (select (n, m) from control semi join control_counted using (x)))`;

const REPEATED_NUMBERS = `select n, m, i, v as shown from (
    select *, row_number() over (partition by x, v order by n, m) place
    from numbered semi join numbered_counted using (x))
  where place > 1`;

interface Repetition {
  readonly n: number;
  readonly m: number;
  readonly i: string;
  readonly shown: string | number;
}

async function findRepetitions(
  db: DuckDBConnection,
  desk: Desk,
  { field, repeated }: Counted,
  table: string,
): Promise<void> {
  const query = `select n, m, i, shown from ${table} order by n, m`;
  const what = field === 'MSH-10' ? 'control id' : 'sequence number';
  for await (const { n, m, i, shown } of rowsOf<Repetition>(db, query)) {
    const note = `another message has the same ${what}`;
    const seen = { origin: 'sequence', category: 'sequence-gap', code: repeated, note } as const;
    await desk.findings.add(n, finding({ itemId: i, position: `message ${m} ${field} ${shown}`, ...seen }));
  }
}
