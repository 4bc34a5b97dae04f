/** The last totals of reports, as the plan gives them, counted and added up again over what the targets hold. */
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { canonicalJson } from '../../../kernel/canonical-json.ts';
import { REPORT_TOTALS } from '../checks/opened-chart.ts';
import { amountOf, isReported } from '../checks/reported.ts';
import { DecimalSum } from '../domain/decimal-sum.ts';
import { finding } from '../domain/finding.ts';
import type { ReportTotal } from '../domain/plan.ts';
import { type WorkflowLine, workflowLine } from '../domain/workflow.ts';
import type { House } from './house.ts';
import type { Relation } from './relations.ts';
import { countOf, rowsOf } from './rows.ts';
import { parseRecord, type Target, withTarget } from './target.ts';
import type { RelatedDataset } from './unexpected.ts';

export interface ReportsToCount {
  readonly house: House;
  readonly totals: readonly ReportTotal[];
  readonly datasets: readonly RelatedDataset[];
  readonly signal: AbortSignal;
}

const ROWS_AT_ONCE = 500;
/** What stands in the place of an amount that is no decimal: it adds up with nothing. */
const NO_AMOUNT = 'none';

/**
 * A report is made of everything that the targets hold of what the migration brings, copies included; what all batches
 * brought must be laid out. A target that cannot list is only known by what of it was read back, record by record.
 */
export class CountedReports {
  readonly #db: DuckDBConnection;
  readonly #of: ReportsToCount;
  /** By the place of a total, why it cannot be made. */
  readonly #blind = new Map<number, string>();
  #failed = 0;

  constructor(db: DuckDBConnection, of: ReportsToCount) {
    this.#db = db;
    this.#of = of;
  }

  async *faults(): AsyncGenerator<Relation> {
    const { totals, datasets } = this.#of;
    if (totals.length === 0) return;
    await this.#db.run('create table reported (t varchar, k varchar, n integer, a varchar)');
    for (const type of new Set(totals.map((total) => total.type))) await this.#list(type);
    const ordinals = new Map(datasets.map(({ dataset }) => [dataset.name, dataset.ordinal]));
    for (const [n, total] of totals.entries()) {
      const dataset = ordinals.get(total.dataset);
      if (dataset === undefined || this.#blind.has(n)) continue;
      const notes = await this.#notes(n, total);
      if (notes.length === 0) continue;
      this.#failed += 1;
      const { report, type: recordType, code: coded, day } = total;
      const group = [...(coded === null ? [] : [`code ${coded}`]), ...(day === null ? [] : [day])];
      const position = [`report ${report}`, ...group].join(', ');
      const seen = { origin: 'workflow', category: 'workflow-failed', code: 'REPORT_TOTAL_DIFFERS' } as const;
      yield { found: finding({ ...seen, recordType, position, note: notes.join('; ') }), dataset, items: [] };
    }
  }

  line(): WorkflowLine {
    const { totals, datasets } = this.#of;
    const connectors = [...new Set(datasets.map(({ plan }) => plan.target.connector))].toSorted();
    const reported = [...new Set(totals.map(({ dataset }) => dataset))];
    const about = { check: REPORT_TOTALS.id, connector: connectors.join(', '), datasets: reported };
    const notVerifiable = this.#blind.size;
    const counts = { asked: totals.length - notVerifiable, failed: this.#failed, notVerifiable };
    return workflowLine(about, counts, [...new Set(this.#blind.values())].toSorted().join('; '));
  }

  /** Takes down what the targets hold of a type, for the totals that are made of it. */
  async #list(type: string): Promise<void> {
    const { house, totals, datasets, signal } = this.#of;
    const wanted = [...totals.entries()].filter(([, total]) => total.type === type);
    const brought = new Set<number>();
    for await (const { ds } of rowsOf<{ ds: number }>(this.#db, 'select distinct ds from kept where t = $1', [type]))
      brought.add(ds);
    const bringing = datasets.filter(({ dataset }) => brought.has(dataset.ordinal));
    for (const group of Map.groupBy(bringing, ({ plan }) => canonicalJson(plan.target)).values()) {
      const [first] = group;
      if (first === undefined) continue;
      await withTarget(house, first.plan, signal, async (target) => {
        if (target.listing === undefined) return this.#readByReceipt(group, wanted);
        for (const [n, { sum }] of wanted) {
          const isVeiled = (target.withheld?.[type] ?? []).some((field) => field === sum?.of.split('.')[0]);
          if (isVeiled) this.#blind.set(n, 'the target does not give back what is added up');
        }
        await this.#takeDown(target, type, wanted);
      });
    }
  }

  async #takeDown(target: Target, type: string, wanted: readonly (readonly [number, ReportTotal])[]): Promise<void> {
    let rows: DuckDBValue[][] = [];
    const flush = async (): Promise<void> => {
      if (rows.length === 0) return;
      const places = rows.map((_, at) => `($${at * 4 + 1}, $${at * 4 + 2}, $${at * 4 + 3}, $${at * 4 + 4})`);
      await this.#db.run(`insert into reported values ${places.join(', ')}`, rows.flat());
      rows = [];
    };
    for await (const { key, content } of target.listing?.records(type, this.#of.signal) ?? []) {
      const resource = content && parseRecord(content);
      if (key === undefined || resource === undefined) continue;
      for (const [n, total] of wanted) {
        if (!isReported(resource, total)) continue;
        const amount = total.sum === null ? null : (amountOf(resource, total.sum.of) ?? NO_AMOUNT);
        rows.push([type, key, n, amount]);
      }
      if (rows.length >= ROWS_AT_ONCE) await flush();
    }
    await flush();
  }

  /** Where nothing is listed, what was read back of a type as a whole is all that can be counted. */
  async #readByReceipt(
    group: readonly RelatedDataset[],
    wanted: readonly (readonly [number, ReportTotal])[],
  ): Promise<void> {
    const ordinals = [...new Set(group.map(({ dataset }) => dataset.ordinal))].join(', ');
    for (const [n, { type, code, day, sum }] of wanted) {
      if (code !== null || day !== null || sum !== null) this.#blind.set(n, 'the target cannot list');
      const query = `insert into reported select distinct t, k, ${n}, null from kept
        where t = $1 and ds in (${ordinals}) and x is distinct from 'gone' and x is distinct from 'unmapped'`;
      await this.#db.run(query, [type]);
    }
  }

  async #notes(n: number, { type, count, sum }: ReportTotal): Promise<readonly string[]> {
    const own = `from reported semi join (select t, k from kept where x is distinct from 'unmapped') using (t, k)
      where n = ${n}`;
    const notes: string[] = [];
    const counted = count === null ? null : await countOf(this.#db, `select count(*) ${own}`);
    if (counted !== count) notes.push(`the report counted ${count} ${type} last, and ${counted} are at the target`);
    if (sum === null) return notes;
    const added = new DecimalSum();
    let unadded = 0;
    const query = `select a, count(*) times ${own} group by a order by a`;
    for await (const { a, times } of rowsOf<{ a: string; times: bigint }>(this.#db, query))
      if (!added.add(a, Number(times))) unadded += Number(times);
    if (unadded > 0) notes.push(`${unadded} ${type} hold no decimal in ${sum.of}`);
    else if (!added.equals(sum.total))
      notes.push(`the report added ${sum.of} up to ${sum.total} last, and it is ${added} at the target`);
    return notes;
  }
}
