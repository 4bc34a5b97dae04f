/**
 * All that was taken down of both sides, for what is told of every record; findings are of the few in match.ts. It lies
 * in Parquet beside the scratch files and is joined in buckets: memory is bounded by a limit and not by the data.
 */
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoted } from '../../../runtime/columnar.ts';
import type { Desk } from './read-original.ts';
import { ACTUAL, EXPECTED } from './scratch.ts';
import { AS_PARQUET, asParquet } from './scratch-tables.ts';

/** Rows of both sides that are joined at a time, for each MB that may be held: twice as many still went through. */
const ROWS_PER_MB = 30_000;
/** What is told of a record that agrees; ah, ay, aq: h, y, q at the target. */
const AGREED = 'e.n, e.o, e.i, e.p, e.t, e.k, e.u, e.e, e.m, e.h, e.y, e.q, a.g, a.z, a.d, a.h ah, a.y ay, a.q aq';

/**
 * Leaves the views `every_expected`, and `agreed`: what is expected, and was found once, saying the same. The others
 * are in `expected` and `actual`.
 */
export async function loadEveryRecord(db: DuckDBConnection, desk: Desk): Promise<void> {
  const { hasAgreed, lines } = desk.records;
  if (!hasAgreed) {
    await db.run('create view every_expected as from expected');
    await db.run(`create view agreed as select ${AGREED} from expected e, actual a where false`);
    return;
  }
  const expected = await asParquet(db, desk, EXPECTED, 'n, o, k, t, i, p, w, u, e, h, y, q, m');
  const actual = await asParquet(db, desk, ACTUAL, 'k, t, g, z, d, h, y, q');
  await db.run(`create view every_expected as from ${quoted(expected)}`);
  const buckets = Math.ceil(lines / (desk.task.policy.validation.memoryMaxMb * ROWS_PER_MB));
  for (let bucket = 0; bucket < buckets; bucket++) {
    const some = (path: string): string => `(select * from ${quoted(path)} where hash(t, k) % ${buckets} = ${bucket})`;
    await db.run(`copy (select ${AGREED} from ${some(expected)} e join ${some(actual)} a using (t, k)
      anti join (select t, k from expected) using (t, k) where w)
      to ${quoted(join(desk.spool.folder, `agreed-${bucket}.parquet`))} (${AS_PARQUET})`);
  }
  await db.run(`create view agreed as from ${quoted(join(desk.spool.folder, 'agreed-*.parquet'))}`);
}
