/** Brings a database to the newest schema, once, in order; what was applied is remembered with its digest. */
import { type RawBuilder, sql } from 'kysely';
import { canonicalJson } from '../kernel/canonical-json.ts';
import type { Clock } from '../kernel/clock.ts';
import { sha256 } from '../kernel/digest.ts';
import { Fault } from '../kernel/fault.ts';
import { type Dialect, PLATFORM_MIGRATIONS, platformTable, type Sql } from './platform.ts';
import type { StoreDefinition, StoreMigration } from './store.ts';

interface Applied {
  readonly name: string;
  readonly digest: string;
}

/** Applies what is missing. Fails with STORE_TOO_NEW or STORE_MIGRATION_CHANGED before anything is touched. */
export async function migrate(o: {
  readonly dialect: Dialect;
  readonly connection: Sql;
  readonly stores: readonly StoreDefinition[];
  readonly clock: Clock;
}): Promise<void> {
  await createMigrationTable(o.dialect, o.connection);
  const all = [{ owner: 'runtime', migrations: PLATFORM_MIGRATIONS }, ...o.stores.map(ownMigrations)];
  for (const { owner, migrations } of all) {
    const applied = await appliedTo(o.dialect, o.connection, owner);
    const missing = missingOf(owner, o.dialect, migrations, applied);
    for (const migration of missing) await apply(o, owner, migration);
  }
}

function ownMigrations(store: StoreDefinition): { owner: string; migrations: readonly StoreMigration[] } {
  return { owner: store.subgraph, migrations: store.migrations };
}

async function createMigrationTable(dialect: Dialect, connection: Sql): Promise<void> {
  if (dialect === 'postgresql') await sql`create schema if not exists runtime`.execute(connection);
  await sql`create table if not exists ${platformTable(dialect, 'migration')}
    (owner text not null, name text not null, digest text not null, applied_at text not null,
    primary key (owner, name))`.execute(connection);
}

async function appliedTo(dialect: Dialect, connection: Sql, owner: string): Promise<readonly Applied[]> {
  const query: RawBuilder<Applied> = sql<Applied>`select name, digest from ${platformTable(dialect, 'migration')}
    where owner = ${owner} order by name`;
  return (await query.execute(connection)).rows;
}

function missingOf(
  owner: string,
  dialect: Dialect,
  known: readonly StoreMigration[],
  applied: readonly Applied[],
): readonly StoreMigration[] {
  for (const { name, digest } of applied) {
    const migration = known.find((each) => each.name === name);
    if (migration === undefined) throw tooNew(owner, name);
    if (digestOf(migration, dialect) !== digest) throw changed(owner, name);
  }
  return known.filter(({ name }) => !applied.some((each) => each.name === name));
}

async function apply(
  o: { readonly dialect: Dialect; readonly connection: Sql; readonly clock: Clock },
  owner: string,
  migration: StoreMigration,
): Promise<void> {
  const digest = digestOf(migration, o.dialect);
  // SQLite alters a table by rebuilding it, which its foreign keys would not survive; they are checked afterwards.
  await foreignKeys(o, 'off');
  await o.connection.transaction().execute(async (transaction) => {
    if (o.dialect === 'postgresql') await sql`create schema if not exists ${sql.id(owner)}`.execute(transaction);
    for (const statement of migration[o.dialect]) await sql.raw(statement).execute(transaction);
    if (o.dialect === 'sqlite') await checkForeignKeys(transaction, owner, migration.name);
    await sql`insert into ${platformTable(o.dialect, 'migration')} (owner, name, digest, applied_at)
      values (${owner}, ${migration.name}, ${digest}, ${o.clock.now().toISOString()})`.execute(transaction);
  });
  await foreignKeys(o, 'on');
}

async function foreignKeys(o: { readonly dialect: Dialect; readonly connection: Sql }, state: 'on' | 'off') {
  if (o.dialect === 'sqlite') await sql.raw(`pragma foreign_keys = ${state}`).execute(o.connection);
}

async function checkForeignKeys(connection: Sql, owner: string, name: string): Promise<void> {
  const broken = await sql`pragma foreign_key_check`.execute(connection);
  if (broken.rows.length === 0) return;
  throw new Fault({
    code: 'STORE_MIGRATION_BROKE_REFERENCES',
    retry: 'permanent',
    message: `migration ${name} of ${owner} would leave rows that refer to nothing`,
    subject: name,
  });
}

function digestOf(migration: StoreMigration, dialect: Dialect): string {
  return sha256(canonicalJson(migration[dialect]));
}

function tooNew(owner: string, name: string): Fault {
  const message = `this database was written by a newer Waybill (${owner} ${name}); use that one`;
  return new Fault({ code: 'STORE_TOO_NEW', retry: 'permanent', message, subject: name });
}

function changed(owner: string, name: string): Fault {
  const message = `migration ${name} of ${owner} is not the one that was applied; released migrations never change`;
  return new Fault({ code: 'STORE_MIGRATION_CHANGED', retry: 'permanent', message, subject: name });
}
