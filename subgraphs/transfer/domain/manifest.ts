/** The sealed list of a batch: one row an item, control totals, and the sha256sum twin a reviewer can run. */
import { isSha256, type Sha256 } from '../../../kernel/digest.ts';
import type { Examination } from '../../../records/format.ts';

/** One line of the survey document. */
export interface SurveyedItem {
  readonly itemId: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedAt?: string;
  /** The reason why it is not migrated. */
  readonly excluded?: string;
}

/** One line of the manifest document. `sha256` is null for an item that could not be read at the source. */
export type ManifestRow = {
  readonly itemId: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedAt?: string;
  readonly sha256: Sha256 | null;
  readonly mediaType: string;
  readonly records: number | null;
  readonly fields: number | null;
  readonly problem?: { readonly code: string; readonly position: string };
  readonly state?: 'failed';
  /** The size the survey gave, where the item has another one now. */
  readonly surveyedSizeBytes?: number;
};

/** Of the Parquet twin: the same for each manifest, whatever its rows say. */
export const MANIFEST_COLUMNS = {
  itemId: 'VARCHAR',
  path: 'VARCHAR',
  sizeBytes: 'BIGINT',
  modifiedAt: 'VARCHAR',
  sha256: 'VARCHAR',
  mediaType: 'VARCHAR',
  records: 'BIGINT',
  fields: 'BIGINT',
  problem: 'STRUCT(code VARCHAR, position VARCHAR)',
  state: 'VARCHAR',
  surveyedSizeBytes: 'BIGINT',
} as const satisfies Readonly<Record<keyof ManifestRow, string>>;

export type ControlTotals = {
  readonly items: number;
  readonly bytes: number;
  readonly records: number;
  readonly fields: number;
  readonly failed: number;
  readonly changed: number;
};

export const NO_TOTALS: ControlTotals = { items: 0, bytes: 0, records: 0, fields: 0, failed: 0, changed: 0 };

const UNKNOWN_MEDIA_TYPE = 'application/octet-stream';

/** The row of an item that was read: its own size, never the survey's. */
export function packedRow(
  item: SurveyedItem,
  read: { readonly digest: Sha256; readonly sizeBytes: number },
  examined: Examination,
): ManifestRow {
  const problem = examined.problems[0];
  return {
    ...identity(item),
    sizeBytes: read.sizeBytes,
    sha256: read.digest,
    mediaType: examined.mediaType,
    records: examined.shape?.records ?? null,
    fields: examined.shape?.fields ?? null,
    ...(problem && { problem: { code: problem.code, position: problem.position } }),
    ...(read.sizeBytes !== item.sizeBytes && { surveyedSizeBytes: item.sizeBytes }),
  };
}

/** The row of an item that could not be read: it stays in the list, so that nothing vanishes. */
export function failedRow(item: SurveyedItem, code: string): ManifestRow {
  return {
    ...identity(item),
    sizeBytes: item.sizeBytes,
    sha256: null,
    mediaType: UNKNOWN_MEDIA_TYPE,
    records: null,
    fields: null,
    problem: { code, position: '' },
    state: 'failed',
  };
}

function identity(item: SurveyedItem): Pick<ManifestRow, 'itemId' | 'path' | 'modifiedAt'> {
  const { itemId, path, modifiedAt } = item;
  return modifiedAt === undefined ? { itemId, path } : { itemId, path, modifiedAt };
}

/** Adds a row to the totals. The bytes of an item that could not be read do not count. */
export function addToTotals(totals: ControlTotals, row: ManifestRow): ControlTotals {
  return {
    items: totals.items + 1,
    bytes: totals.bytes + (row.sha256 === null ? 0 : row.sizeBytes),
    records: totals.records + (row.records ?? 0),
    fields: totals.fields + (row.fields ?? 0),
    failed: totals.failed + (row.sha256 === null ? 1 : 0),
    changed: totals.changed + (row.surveyedSizeBytes === undefined ? 0 : 1),
  };
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r' };

/** A line that `sha256sum -c` takes, with the escaping of coreutils; empty for an item that could not be read. */
export function sumsLine(row: Pick<ManifestRow, 'path' | 'sha256'>): string {
  if (row.sha256 === null || !isSha256(row.sha256)) return '';
  const path = row.path.replaceAll(/[\\\n\r]/g, (character) => ESCAPES[character] ?? character);
  return `${path === row.path ? '' : '\\'}${row.sha256}  ${path}\n`;
}
