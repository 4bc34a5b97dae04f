/** Fills the queue of one migration with open exceptions, in the database itself. */
import { sql } from 'kysely';
import type { Database } from '../../runtime/database.ts';

const CATEGORIES = ['orphan', 'truncation', 'unreadable', 'value-mismatch', 'missing-record', 'duplicate-record'];

/** Replaces what is there by `count` rows: 20 datasets, 200 causes, 10 owners, one in a thousand owned by `rare`. */
export async function seed({ dialect, platform }: Database, count: number, migrationId: string): Promise<void> {
  const isPostgres = dialect === 'postgresql';
  const table = isPostgres ? sql`validation.exception` : sql`validation_exception`;
  const migrations = isPostgres ? sql`validation.migration` : sql`validation_migration`;
  const numbers = isPostgres
    ? sql`select n from generate_series(1::bigint, ${sql.lit(count)}) n`
    : sql`with recursive t(n) as (select 1 union all select n + 1 from t where n < ${sql.lit(count)}) select n from t`;
  const text = (value: string) => (isPostgres ? sql.raw(`(${value})::text`) : sql.raw(`cast(${value} as text)`));
  const categories = sql.raw(
    `case n % ${CATEGORIES.length} ${CATEGORIES.map((name, at) => `when ${at} then '${name}'`).join(' ')} end`,
  );
  // Scattered, as the digests of real ids are.
  const id = sql`'exc-' || ${text(`(n * 7919) % ${count}`)} || '-' || ${text('n')}`;
  // Only for filling: a dozen indexes grow in random order.
  if (!isPostgres) await sql`pragma cache_size = -262144`.execute(platform.writer);
  await sql`delete from ${table}`.execute(platform.writer);
  await sql`delete from ${migrations}`.execute(platform.writer);
  await sql`insert into ${migrations} (id, name, plan, policy) values (${migrationId}, 'm', '', '')`.execute(
    platform.writer,
  );
  await sql`insert into ${table} (id, migration_id, seq, batch_id, dataset_id, item_id, cause_id, category, severity,
      origin, code, record_type, source_id, target_id, field, position, note, owner, raised_at, due_at, state, is_open)
    select ${id}, ${migrationId}, n, 'bat' || ${text('n % 20')}, 'ds' || ${text('n % 20')}, 'item' || ${text('n')},
      'cause' || ${text('n % 200')}, ${categories}, 'P' || ${text('1 + (n * 31) % 4')}, 'match', 'KEY_NOT_FOUND',
      'Observation', 'key' || ${text('n')}, null, null, '', 'no record at the target has this source key',
      case when n % 1000 = 0 then 'rare' when n % 10 = 9 then null else 'owner' || ${text('n % 10')} end,
      '2026-10-31T00:00:00.000Z', '2026-' || case when n % 3 = 0 then '10' else '11' end || '-'
        || ${text('10 + (n * 13) % 19')} || 'T12:00:00.000Z',
      case when n % 500 = 0 then 'owned' else 'open' end, ${isPostgres ? sql`true` : sql`1`}
    from (${numbers}) numbers`.execute(platform.writer);
  // PostgreSQL does the same by itself a minute later.
  await (isPostgres ? sql`vacuum analyze ${table}` : sql`analyze`).execute(platform.writer);
}
