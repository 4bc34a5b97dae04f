/** The last totals of reports, as the plan gives them, counted again over what arrived. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { REPORT_TOTALS } from '../checks/opened-chart.ts';
import { finding } from '../domain/finding.ts';
import type { ReportTotal } from '../domain/plan.ts';
import { type WorkflowLine, workflowLine } from '../domain/workflow.ts';
import type { Relation } from './relations.ts';

/** A report counts over everything that the targets hold of a type; what all batches brought must be laid out. */
export class CountedReports {
  readonly #db: DuckDBConnection;
  readonly #totals: readonly ReportTotal[];
  readonly #ordinals: ReadonlyMap<string, number>;
  #failed = 0;

  /** `ordinals`: of datasets, by name. */
  constructor(db: DuckDBConnection, totals: readonly ReportTotal[], ordinals: ReadonlyMap<string, number>) {
    this.#db = db;
    this.#totals = totals;
    this.#ordinals = ordinals;
  }

  async *faults(): AsyncGenerator<Relation> {
    for (const { report, dataset, type, count } of this.#totals) {
      const query =
        'select count(distinct k) n from kept where t = $1 and x is distinct from $2 and x is distinct from $3';
      const read = await this.#db.runAndReadAll(query, [type, 'gone', 'unmapped']);
      const arrived = Number(read.getRowObjects()[0]?.['n'] ?? 0);
      const ordinal = this.#ordinals.get(dataset);
      if (arrived === count || ordinal === undefined) continue;
      this.#failed += 1;
      const note = `the report counted ${count} ${type} last, and ${arrived} are at the target`;
      const about = { recordType: type, position: `report ${report}` };
      const seen = { origin: 'workflow', category: 'workflow-failed', code: 'REPORT_TOTAL_DIFFERS', note } as const;
      yield { found: finding({ ...about, ...seen }), dataset: ordinal, items: [] };
    }
  }

  /** `connector`: of the targets that are counted over. */
  line(connector: string): WorkflowLine {
    const datasets = [...new Set(this.#totals.map(({ dataset }) => dataset))];
    const counts = { asked: this.#totals.length, failed: this.#failed, notVerifiable: 0 };
    return workflowLine({ check: REPORT_TOTALS.id, connector, datasets }, counts, '');
  }
}
