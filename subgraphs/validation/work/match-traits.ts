/** Finds values whose form is not the usual one of their kind in the batch. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { SSN_FORM, USUAL_SHARE_MIN, VALUES_MIN } from '../checks/odd-one-out.ts';
import { finding } from '../domain/finding.ts';
import type { Desk } from './read-original.ts';
import { countOf, rowsOf } from './rows.ts';
import { TRAITS } from './scratch.ts';
import { scratchTable } from './scratch-tables.ts';

interface Odd {
  readonly n: number;
  readonly i: string;
  readonly k: string;
  readonly t: string;
  readonly p: string;
  readonly f: string;
  readonly c: 'identifier' | 'measure';
}

export async function matchTraits(db: DuckDBConnection, desk: Desk): Promise<void> {
  await scratchTable(db, desk, 'trait_told', TRAITS);
  if ((await countOf(db, 'select count(*) from trait_told')) < VALUES_MIN) return;
  await db.run(`create table usual as select c, s, v from
    (select c, s, v, count(*) many, sum(count(*)) over (partition by c, s) whole from trait_told group by c, s, v)
    where whole >= ${VALUES_MIN} and many >= ${USUAL_SHARE_MIN} * whole`);
  // An identifier is only in a wrong place where its form is at home in another one.
  const odd = `select n, i, k, t, p, f, c from trait_told o join usual u using (c, s) where o.v <> u.v
    and (c = 'measure' or o.v = '${SSN_FORM}' or o.v in (select v from usual w where w.c = o.c and w.s <> o.s))
    order by n, p, k, f`;
  for await (const { n, i, k, t, p, f, c } of rowsOf<Odd>(db, odd)) {
    const about = { itemId: i, record: k, recordType: t, position: p, field: f };
    const said =
      c === 'measure'
        ? { code: 'UNIT_OF_ANOTHER_KIND', note: 'results of this test are measured in units of another kind' }
        : { code: 'IDENTIFIER_SWAPPED', note: 'it has the form of another kind of identifier' };
    await desk.findings.add(n, finding({ origin: 'content', category: 'content-implausible', ...about, ...said }));
  }
}
