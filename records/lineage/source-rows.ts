/** Rows of a delimited extract as a source of values: paths are column names, letter case ignored. */
import type { Row } from '../delimited/read.ts';
import type { Source } from './source.ts';

export interface RowScope {
  readonly row: Row;
  readonly columns: ReadonlyMap<string, number>;
}

/** Column names to their place, as paths find them; undefined where two columns have one name. */
export function columnsOf(header: readonly string[]): ReadonlyMap<string, number> | undefined {
  const columns = new Map<string, number>();
  for (const [index, name] of header.entries()) {
    const known = columnName(name);
    if (known === '') continue;
    if (columns.has(known)) return undefined;
    columns.set(known, index);
  }
  return columns;
}

export function columnName(path: string): string {
  return path.trim().toUpperCase();
}

export const rowSource: Source<RowScope> = {
  value({ path }) {
    const name = columnName(path);
    return ({ row, columns }) => {
      const index = columns.get(name);
      const cell = index === undefined ? undefined : row.cells[index];
      return cell === '' ? undefined : cell;
    };
  },
  instances: ({ path }) => {
    const name = columnName(path);
    return ({ row }) => [`${row.line} ${name}`];
  },
  ordinal: () => (scope) => String(scope.row.ordinal),
  each: () => () => [],
  position: ({ row }, path) => (path === undefined ? `line ${row.line}` : `line ${row.line} column ${path}`),
};
