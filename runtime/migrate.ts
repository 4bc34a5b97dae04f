/** Writes the next migration of a store: the difference between its migrations and its entities, on both dialects. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SUBGRAPHS, type SubgraphName } from '../kernel/event.ts';
import { Fault } from '../kernel/fault.ts';
import { systemClock } from '../kernel/clock.ts';
import { loadConfig } from './config.ts';
import type { StoreOrm } from './engine.ts';
import { migrate } from './migrations.ts';
import type { Dialect, Sql } from './platform.ts';
import { openPool, postgresOrm } from './postgres.ts';
import { connect, sqliteOrm } from './sqlite.ts';
import type { StoreDefinition } from './store.ts';

const POSTGRES_DEFAULT = 'postgres://root@127.0.0.1:5432/postgres';

/** What the store's entities still want of SQLite after all of its migrations; empty when they agree. */
export async function missingOnSqlite(store: StoreDefinition): Promise<readonly string[]> {
  const connection = await connect(':memory:');
  try {
    await migrate({ dialect: 'sqlite', connection, stores: [store], clock: systemClock });
    return await difference('sqlite', store, await sqliteOrm(store, connection));
  } finally {
    await connection.destroy();
  }
}

/** The same on PostgreSQL, in a database made for it on the server at `url` and dropped afterwards. */
export async function missingOnPostgres(store: StoreDefinition, url: string): Promise<readonly string[]> {
  const scratch = `waybill_scratch_${randomBytes(6).toString('hex')}`;
  const server = await openPool(url);
  try {
    await server.pool.query(`create database ${scratch}`);
    const address = new URL(url);
    address.pathname = `/${scratch}`;
    const { connection, close } = await openPool(address.href);
    try {
      await migrate({ dialect: 'postgresql', connection, stores: [store], clock: systemClock });
      return await difference('postgresql', store, await postgresOrm(store, connection, scratch));
    } finally {
      await close();
    }
  } finally {
    await server.pool.query(`drop database if exists ${scratch} with (force)`);
    await server.close();
  }
}

/** Writes subgraphs/<subgraph>/store/migrations/<NNNN>-<name>.ts and the list beside it. Says what it wrote. */
export async function writeMigration(root: string, subgraph: SubgraphName, name: string, url: string): Promise<string> {
  const folder = join(root, 'subgraphs', subgraph, 'store', 'migrations');
  await mkdir(folder, { recursive: true });
  if (!existsSync(join(folder, 'index.ts'))) await writeList(folder);
  const store = await findStore(join(root, 'subgraphs', subgraph, 'store'), subgraph);
  const sqlite = await missingOnSqlite(store);
  const postgresql = await missingOnPostgres(store, url);
  if (sqlite.length === 0 && postgresql.length === 0)
    return `the migrations of ${subgraph} say all that its entities do`;
  const number = `${store.migrations.length + 1}`.padStart(4, '0');
  const path = join(folder, `${number}-${name}.ts`);
  await writeFile(path, migrationText(`${number}-${name}`, sqlite, postgresql), { flag: 'wx' });
  await writeList(folder);
  return path;
}

async function difference(dialect: Dialect, store: StoreDefinition, orm: StoreOrm): Promise<readonly string[]> {
  if (dialect === 'postgresql') await ensureSchema(store, orm);
  const text = await orm.schema.getUpdateSchemaSQL({
    wrap: false,
    ...(dialect === 'postgresql' ? { schema: store.subgraph } : {}),
  });
  return statementsOf(text).filter((statement) => !isNoise(statement));
}

/** Without the schema the generator would put its creation into the migration; the migrator does that itself. */
async function ensureSchema(store: StoreDefinition, orm: StoreOrm): Promise<void> {
  await (orm.em.getKysely() as unknown as Sql).schema.createSchema(store.subgraph).ifNotExists().execute();
}

function statementsOf(text: string): readonly string[] {
  return text
    .split(/;\n+|;$/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

/** The platform's own tables share the SQLite file and belong to no store. */
function isNoise(statement: string): boolean {
  return /^(set names|drop table (if exists )?[`"]?runtime_|drop table (if exists )?`sqlite_)/.test(statement);
}

function migrationText(name: string, sqlite: readonly string[], postgresql: readonly string[]): string {
  return [
    '/** Written by runtime/migrate.ts. A migration that has been released never changes. */',
    "import type { StoreMigration } from '../../../../runtime/store.ts';",
    '',
    'export const migration: StoreMigration = {',
    `  name: '${name}',`,
    `  sqlite: [\n${listText(sqlite)}  ],`,
    `  postgresql: [\n${listText(postgresql)}  ],`,
    '};',
    '',
  ].join('\n');
}

const LINE_LENGTH_MAX_CHARS = 110;

/** Long statements are broken where a column begins, so that the file reads like one written by hand. */
function listText(statements: readonly string[]): string {
  return statements
    .map((statement) => {
      const lines: string[] = [];
      for (const part of statement.split(/(?<=,) |(?<=\)) (?=references|add )/)) {
        const last = lines.at(-1);
        if (last !== undefined && last.length + part.length < LINE_LENGTH_MAX_CHARS)
          lines[lines.length - 1] = `${last} ${part}`;
        else lines.push(part);
      }
      return `    \`${lines.join('\n      ').replace(/[`\\]|\$\{/g, '\\$&')}\`,\n`;
    })
    .join('');
}

async function writeList(folder: string): Promise<void> {
  const files = (await readdir(folder)).filter((name) => /^\d{4}-.*\.ts$/.test(name)).sort();
  const names = files.map((file) => `_${file.slice(0, 4)}`);
  const text = [
    '/** Written by runtime/migrate.ts: every migration of this store, oldest first. */',
    "import type { StoreMigration } from '../../../../runtime/store.ts';",
    ...files.map((file, at) => `import { migration as ${names[at]} } from './${file}';`),
    '',
    `export const migrations: readonly StoreMigration[] = [${names.join(', ')}];`,
    '',
  ].join('\n');
  await writeFile(join(folder, 'index.ts'), text);
}

/** The one StoreDefinition that a module of the store's folder exports. */
async function findStore(folder: string, subgraph: SubgraphName): Promise<StoreDefinition> {
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.ts')).sort()) {
    const module = (await import(pathToFileURL(resolve(folder, file)).href)) as Record<string, unknown>;
    for (const value of Object.values(module)) if (isStore(value, subgraph)) return value;
  }
  throw new Fault({
    code: 'STORE_NOT_FOUND',
    retry: 'permanent',
    message: `no module in ${folder} exports the StoreDefinition of ${subgraph}`,
    subject: subgraph,
  });
}

function isStore(value: unknown, subgraph: SubgraphName): value is StoreDefinition {
  if (typeof value !== 'object' || value === null) return false;
  const { subgraph: name, entities, migrations } = value as Partial<StoreDefinition>;
  return name === subgraph && Array.isArray(entities) && Array.isArray(migrations);
}

async function main(words: readonly string[]): Promise<void> {
  const [name = '', title = ''] = words;
  const subgraph = SUBGRAPHS.find((known) => known === name);
  if (subgraph === undefined || !/^[a-z0-9-]{1,60}$/.test(title)) {
    process.stderr.write('usage: npm run migration -- <subgraph> <name-in-kebab-case>\n');
    process.exitCode = 1;
    return;
  }
  const url = loadConfig().environment('WAYBILL_TEST_POSTGRES') ?? POSTGRES_DEFAULT;
  process.stdout.write(`${await writeMigration(resolve(import.meta.dirname, '..'), subgraph, title, url)}\n`);
}

if (process.argv[1] !== undefined && import.meta.filename === resolve(process.argv[1]))
  await main(process.argv.slice(2));
