/** How entities become tables: snake case, with the subgraph's prefix where the database has no schemas. */
import { type NamingStrategy, UnderscoreNamingStrategy } from '@mikro-orm/sql';

/** A naming strategy that puts `prefix` before every table and nowhere else. */
export function storeNaming(prefix: string): new () => NamingStrategy {
  return class StoreNaming extends UnderscoreNamingStrategy {
    override classToTableName(entity: string, table?: string): string {
      return `${prefix}${super.classToTableName(entity, table)}`;
    }

    override joinKeyColumnName(entity: string, column?: string): string {
      return `${super.classToTableName(entity)}_${column ?? this.referenceColumnName()}`;
    }

    override joinTableName(source: string, _target: string, property?: string): string {
      return `${prefix}${super.classToTableName(source)}_${super.classToTableName(property ?? '')}`;
    }
  };
}
