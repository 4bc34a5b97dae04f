/** Rows in bulk: many at once, into one table or out of it. Nothing of them is kept in the identity map. */
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
  const mostRows = Math.floor(VALUES_PER_STATEMENT_MAX / columns.length);
  for (let at = 0, count = 0; at < rows.length; at += count) {
    count = rowsOfNextStatement(rows.length - at, mostRows);
    const values = rows.slice(at, at + count).map((row) => {
      return sql`(${sql.join(columns.map(({ valueIn }) => valueIn(row)))})`;
    });
    await sql`insert into ${table} (${names}) values ${sql.join(values)} ${unlessThere(columns, conflict)}`.execute(
      em.getKysely() as unknown as Sql,
    );
  }
}

/**
 * As many as may be, or the largest power of two that is left: a statement for every number of rows would be prepared
 * anew almost each time, and each one of thousands of values holds half a megabyte.
 */
function rowsOfNextStatement(left: number, most: number): number {
  return left >= most ? most : 2 ** Math.floor(Math.log2(left));
}

export interface Stretch<Row> {
  /** What its rows have in common. */
  readonly of: Partial<Row>;
  /** The number that puts them in order, `from` to `to` inclusive, or as many as `limit` says. */
  readonly by: keyof Row & string;
  readonly from: number;
  readonly to?: number;
  readonly limit?: number;
}

/** Rows of a stretch, in its order, with the properties asked for. */
export async function rowsOfStretch<Row extends object, Name extends keyof Row & string>(
  em: SqlEntityManager,
  entity: EntityName<Row>,
  names: readonly Name[],
  { of, by, from, to, limit }: Stretch<NoInfer<Row>>,
): Promise<Pick<Row, Name>[]> {
  const { columns, table } = columnsOf(em, entity, names);
  const { columns: known } = columnsOf(em, entity, Object.keys(of));
  const [place] = columnsOf(em, entity, [by]).columns.map(({ id }) => id);
  const where = [
    ...known.map(({ id, valueIn }) => sql`${id} = ${valueIn(of)}`),
    sql`${place} >= ${from}`,
    ...(to === undefined ? [] : [sql`${place} <= ${to}`]),
  ];
  const chosen = sql.join(columns.map(({ id, name }) => sql`${id} as ${sql.id(name)}`));
  const { rows } = await sql<Pick<Row, Name>>`select ${chosen} from ${table} where ${sql.join(where, sql` and `)}
    order by ${place} ${limit === undefined ? sql`` : sql`limit ${limit}`}`.execute(em.getKysely() as unknown as Sql);
  const converted = columns.filter(({ isConverted }) => isConverted);
  for (const row of rows as Record<string, unknown>[]) {
    for (const { name, valueOf } of converted) row[name] = valueOf(row[name]);
  }
  return rows;
}

interface Column {
  readonly name: string;
  readonly id: RawBuilder<unknown>;
  /** Whether the database has it in another form. */
  readonly isConverted: boolean;
  valueIn(row: object): unknown;
  valueOf(kept: unknown): unknown;
}

function columnsOf<Row extends object>(
  em: SqlEntityManager,
  entity: EntityName<Row>,
  names: readonly string[],
): { readonly columns: readonly Column[]; readonly table: RawBuilder<unknown> } {
  const { tableName, properties } = em.getMetadata().get(entity);
  const platform = em.getPlatform();
  const schema: unknown = em.config.get('schema');
  const known = new Map(Object.entries<KnownProperty>(properties));
  const columns = names.map((name): Column => {
    const { fieldNames: [field = name] = [], customType, runtimeType } = known.get(name) ?? {};
    return {
      name,
      id: sql.id(field),
      isConverted: customType !== undefined || runtimeType === 'boolean',
      valueIn(row) {
        const value = (row as Readonly<Record<string, unknown>>)[name] ?? null;
        if (value === null) return null;
        return platform.processDateProperty(customType?.convertToDatabaseValue(value, platform) ?? value);
      },
      valueOf(kept) {
        if (kept === null) return null;
        return customType === undefined ? Boolean(kept) : customType.convertToJSValue(kept, platform);
      },
    };
  });
  return { columns, table: typeof schema === 'string' ? sql.id(schema, tableName) : sql.id(tableName) };
}

type Platform = ReturnType<SqlEntityManager['getPlatform']>;

interface KnownProperty {
  readonly fieldNames: readonly string[];
  readonly runtimeType?: string;
  readonly customType?: {
    convertToDatabaseValue(value: unknown, platform: Platform): unknown;
    convertToJSValue(kept: unknown, platform: Platform): unknown;
  };
}

function unlessThere<Row>(columns: readonly Column[], conflict: Conflict<Row> | undefined): RawBuilder<unknown> {
  if (conflict === undefined) return sql``;
  const idsOf = (names: readonly string[]) => columns.filter(({ name }) => names.includes(name)).map(({ id }) => id);
  const rest = columns.filter(({ name }) => !conflict.on.some((each) => each === name)).map(({ name }) => name);
  const taken = idsOf(conflict.take ?? rest).map((id) => sql`${id} = excluded.${id}`);
  return sql`on conflict (${sql.join(idsOf(conflict.on))}) do update set ${sql.join(taken)}`;
}
