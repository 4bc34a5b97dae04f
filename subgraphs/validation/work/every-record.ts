/** All that was taken down of both sides, for what is told of every record; findings are of the few in match.ts. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { scratchTable } from './match.ts';
import type { Desk } from './read-original.ts';
import type { Columns } from './rows.ts';
import { ACTUAL, EXPECTED } from './scratch.ts';

/**
 * Leaves `every_expected` and `every_actual`, and the view `agreed`: what is expected, and was found once, saying the
 * same. The others are in `expected` and `actual`.
 */
export async function loadEveryRecord(db: DuckDBConnection, desk: Desk): Promise<void> {
  const { hasAgreed } = desk.records;
  for (const [name, { file, columns }] of Object.entries({ expected: EXPECTED, actual: ACTUAL })) {
    if (hasAgreed) await scratchTable(db, desk, `every_${name}`, { file, columns: told(columns) });
    else await db.run(`create view every_${name} as from ${name}`);
  }
  const isAgreed = hasAgreed ? 'anti join (select t, k from expected) using (t, k) where w' : 'where false';
  await db.run(`create view agreed as from every_expected ${isAgreed}`);
}

/** What is only asked of those that do not agree is left on disk. */
function told(columns: Columns): Columns {
  return Object.fromEntries(Object.entries(columns).filter(([name]) => name !== 'a' && name !== 'v'));
}
