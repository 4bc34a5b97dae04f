/** Columns: DuckDB over sealed documents, for manifests and for matching records. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Sha256 } from '../kernel/digest.ts';
import type { Strongroom } from './strongroom.ts';

export interface ColumnarLimits {
  readonly memoryMaxMb: number;
  /** Where DuckDB spills to; emptied afterwards. */
  readonly directory: string;
}

/** Runs `work` on a private in-memory DuckDB that cannot reach the network or load extensions. */
export declare function withColumnar<T>(work: (db: DuckDBConnection) => Promise<T>, limits: ColumnarLimits): Promise<T>;

/** The Parquet twin (zstd) of sealed NDJSON, sealed in its turn. */
export declare function linesToParquet(room: Strongroom, lines: Sha256, limits: ColumnarLimits): Promise<Sha256>;
