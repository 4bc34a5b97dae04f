/**
 * Statements of the ORM with their values bound. The ORM writes values into the text: then each is parsed anew, a blob
 * as hexadecimal digits, and what was prepared for it holds both in memory, outside the heap of V8, until that is next
 * collected.
 */
import {
  type AnyEntity,
  type Configuration,
  type EntityData,
  isRaw,
  JsonProperty,
  type QueryResult,
  Utils,
} from '@mikro-orm/core';
import {
  AbstractSqlDriver,
  type AbstractSqlPlatform,
  BaseSqliteConnection,
  NativeQueryBuilder,
  SqlitePlatform,
} from '@mikro-orm/sql';
import { CompiledQuery, type ControlledTransaction } from 'kysely';

/** SQLite takes 32,766 in one statement (SQLITE_MAX_VARIABLE_NUMBER). */
const VALUES_MAX = 32_766;

export class SqliteDriver extends AbstractSqlDriver<BindingConnection> {
  constructor(config: Configuration) {
    super(config, new SqlitePlatform(), BindingConnection, ['kysely']);
  }
}

type Rows = EntityData<AnyEntity>[];

class BindingConnection extends BaseSqliteConnection {
  override async execute<T extends QueryResult | EntityData<AnyEntity> | Rows = Rows>(
    ...given: Parameters<BaseSqliteConnection['execute']>
  ): Promise<T> {
    const [query, params, method = 'all', transaction] = given;
    const raw = query instanceof NativeQueryBuilder ? query.toRaw() : query;
    const [text, values] = isRaw(raw) ? [raw.sql, raw.params] : [raw, params ?? []];
    const bound = Array.isArray(values) ? withPlaces(this.platform, text, values) : undefined;
    if (bound === undefined || bound.values.length > VALUES_MAX) return super.execute<T>(...given);
    await this.ensureConnection();
    const connection = (transaction as ControlledTransaction<unknown> | undefined) ?? this.getClient<unknown>();
    const answer = await connection.executeQuery(CompiledQuery.raw(bound.text, bound.values));
    return this.transformRawResult<T>(answer, method);
  }
}

interface Bound {
  readonly text: string;
  readonly values: unknown[];
}

/** As the ORM's own `formatQuery`, with a place where that writes a value: `?` is a value, `??` a name, `\?` itself. */
export function withPlaces(platform: AbstractSqlPlatform, text: string, params: readonly unknown[]): Bound {
  if (params.length === 0) return { text, values: [] };
  if (params.every(isOne) && !/\?\?|\\\?/.test(text)) return { text, values: params.map(bindable) };
  const values: unknown[] = [];
  let next = 0;
  const place = (value: unknown): string => {
    if (Array.isArray(value)) return value.map(place).join(', ');
    if (isRaw(value)) {
      const inner = withPlaces(platform, value.sql, value.params);
      values.push(...inner.values);
      return inner.text;
    }
    values.push(bindable(value));
    return '?';
  };
  const placed = text.replace(/\\\?|\?\??/g, (mark) => {
    if (mark === '\\?') return '?';
    const value = params[next++];
    return mark === '?' ? place(value) : platform.quoteIdentifier(value as string);
  });
  return { text: placed, values };
}

function isOne(value: unknown): boolean {
  return !Array.isArray(value) && !isRaw(value);
}

function bindable(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  if (value instanceof Date) return value.getTime();
  const isJson = Utils.isPlainObject(value) || (value as { readonly [JsonProperty]?: true })[JsonProperty] === true;
  return isJson ? JSON.stringify(value) : String(value);
}
