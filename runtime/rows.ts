/** Rows in bulk: many at once into one table. Values are bound, and nothing is kept in the identity map. */
import type { EntityName, SqlEntityManager } from '@mikro-orm/sql';
import { type RawBuilder, sql } from 'kysely';
import type { Sql } from './platform.ts';

/** Bounded by the parameters a statement may have. */
const VALUES_PER_STATEMENT_MAX = 5_000;

export interface Conflict<Row> {
  /** The columns of a unique index. */
  readonly on: readonly (keyof Row & string)[];
  /** What a row that is there already takes over from the new one; everything when left out. */
  readonly take?: readonly (keyof Row & string)[];
}

/** Inserts rows that all name the same properties. Where no conflict is foreseen, a row that is there is an error. */
export async function insertRows<Row extends object>(
  em: SqlEntityManager,
  entity: EntityName<Row>,
  rows: readonly NoInfer<Row>[],
  conflict?: Conflict<Row>,
): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const { columns, table } = columnsOf(em, entity, Object.keys(first));
  const names = sql.join(columns.map(({ id }) => id));
  const rowsPerStatement = Math.floor(VALUES_PER_STATEMENT_MAX / columns.length);
  for (let at = 0; at < rows.length; at += rowsPerStatement) {
    const values = rows.slice(at, at + rowsPerStatement).map((row) => {
      return sql`(${sql.join(columns.map(({ valueIn }) => valueIn(row)))})`;
    });
    await sql`insert into ${table} (${names}) values ${sql.join(values)} ${unlessThere(columns, conflict)}`.execute(
      em.getKysely() as unknown as Sql,
    );
  }
}

interface Column {
  readonly name: string;
  readonly id: RawBuilder<unknown>;
  valueIn(row: object): unknown;
}

function columnsOf<Row extends object>(
  em: SqlEntityManager,
  entity: EntityName<Row>,
  names: readonly string[],
): { readonly columns: readonly Column[]; readonly table: RawBuilder<unknown> } {
  const { tableName, properties } = em.getMetadata().get(entity);
  const platform = em.getPlatform();
  const schema: unknown = em.config.get('schema');
  const known = new Map(Object.entries<{ fieldNames: string[]; customType?: ValueType }>(properties));
  const columns = names.map((name): Column => {
    const { fieldNames: [field = name] = [], customType } = known.get(name) ?? {};
    return {
      name,
      id: sql.id(field),
      valueIn(row) {
        const value = (row as Readonly<Record<string, unknown>>)[name] ?? null;
        if (value === null) return null;
        return platform.processDateProperty(customType?.convertToDatabaseValue(value, platform) ?? value);
      },
    };
  });
  return { columns, table: typeof schema === 'string' ? sql.id(schema, tableName) : sql.id(tableName) };
}

interface ValueType {
  convertToDatabaseValue(value: unknown, platform: ReturnType<SqlEntityManager['getPlatform']>): unknown;
}

function unlessThere<Row>(columns: readonly Column[], conflict: Conflict<Row> | undefined): RawBuilder<unknown> {
  if (conflict === undefined) return sql``;
  const idsOf = (names: readonly string[]) => columns.filter(({ name }) => names.includes(name)).map(({ id }) => id);
  const rest = columns.filter(({ name }) => !conflict.on.some((each) => each === name)).map(({ name }) => name);
  const taken = idsOf(conflict.take ?? rest).map((id) => sql`${id} = excluded.${id}`);
  return sql`on conflict (${sql.join(idsOf(conflict.on))}) do update set ${sql.join(taken)}`;
}
