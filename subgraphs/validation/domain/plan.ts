/** What validation reads of the sealed plan: where each dataset went, what belongs to it, and who answers for it. */
import type { Traffic } from '../../../kernel/bandwidth.ts';
import type { Json } from '../../../kernel/canonical-json.ts';
import { brokenPromise } from '../../../kernel/fault.ts';
import type { Format } from '../../../records/format.ts';

export type { Format };

/** A way into the target for reading back. `secrets` are references, never the secrets. */
export type Endpoint = {
  readonly connector: string;
  readonly config: Json;
  readonly secrets: Readonly<Record<string, string>>;
  /** Where a third-party connector may connect to: nowhere when left out. */
  readonly network?: readonly { readonly host: string; readonly port: number }[];
};

/** Read back under the caps of the way there. */
export interface ReadBackPlan extends DatasetPlan {
  readonly traffic: Traffic;
}

export interface DatasetPlan {
  readonly target: Endpoint;
  /** Whose secrets open the connection: those under `readback`, or the same that transfer used. */
  readonly credentials: 'own' | 'transfer';
  readonly select: string;
  readonly owner: string | null;
  /** Messages that have to come regularly. */
  readonly feeds: readonly DeclaredFeed[];
}

/** Null: nobody said. */
export interface DeclaredFeed {
  /** As `ORU^R01`, or `ADT` for all of that kind. */
  readonly messages: string;
  readonly from: string | null;
  readonly until: string | null;
  readonly everyDays: number | null;
}

type Members = { readonly [key: string]: Json | undefined };

export function datasetPlan(plan: Json, datasetName: string): DatasetPlan {
  const { target, datasets } = membersOf(plan, 'the plan');
  const list = Array.isArray(datasets) ? (datasets as readonly Json[]) : [];
  const dataset = list.map((each) => membersOf(each, 'a dataset')).find(({ name }) => name === datasetName);
  if (dataset === undefined) throw brokenPromise('a sealed plan does not name the dataset', datasetName);
  const endpoint = membersOf(dataset['target'] ?? target, 'an endpoint');
  const own = referencesOf(endpoint['readback']);
  const { connector, config, secrets } = endpoint;
  const network = endpoint['network'] as Endpoint['network'];
  if (typeof connector !== 'string') throw brokenPromise('an endpoint of a sealed plan names no connector');
  const isOwn = Object.keys(own).length > 0;
  return {
    target: {
      ...{ connector, config: config ?? {}, secrets: isOwn ? own : referencesOf(secrets) },
      ...(network && { network }),
    },
    credentials: isOwn ? 'own' : 'transfer',
    select: typeof dataset['select'] === 'string' ? dataset['select'] : '',
    owner: textOf(dataset['owner']),
    feeds: listOf(dataset['feeds']).map(({ messages, from, until, everyDays }) => ({
      ...{ messages: String(messages), from: textOf(from), until: textOf(until) },
      everyDays: typeof everyDays === 'number' ? everyDays : null,
    })),
  };
}

function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

/** What a report counted or added up last, over all records of a type or over a group of them. */
export interface ReportTotal {
  readonly report: string;
  /** The dataset whose consumer the report is. */
  readonly dataset: string;
  readonly type: string;
  /** The group; null: of every code, of every day. */
  readonly code: string | null;
  readonly day: string | null;
  readonly count: number | null;
  readonly sum: { readonly of: string; readonly total: string } | null;
}

/** The totals that the consumers of the plan give. */
export function reportTotals(plan: Json): readonly ReportTotal[] {
  return listOf(membersOf(plan, 'the plan')['datasets']).flatMap((dataset) =>
    listOf(dataset['consumers']).flatMap(({ name, totals }) =>
      listOf(totals).map(({ records, code = null, day = null, count = null, sum = null }) => {
        const of = { report: String(name), dataset: String(dataset['name']), type: String(records) };
        return { ...of, code, day, count, sum } as ReportTotal;
      }),
    ),
  );
}

/** What may be wrong with the data of a dataset, in the words of the plan. */
export interface QualityRisk {
  readonly dataset: string;
  readonly risk: string;
  readonly level: string;
  /** What is done about it. */
  readonly mitigation: string | null;
}

export function qualityRisks(plan: Json): readonly QualityRisk[] {
  return listOf(membersOf(plan, 'the plan')['datasets']).flatMap((dataset) =>
    listOf(dataset['risks']).map(({ risk, level, mitigation }) => ({
      ...{ dataset: String(dataset['name']), risk: String(risk), level: String(level) },
      mitigation: textOf(mitigation),
    })),
  );
}

function listOf(value: Json | undefined): readonly Members[] {
  return Array.isArray(value) ? value.map((each: Json) => membersOf(each, 'an entry')) : [];
}

function referencesOf(value: Json | undefined): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  const entries = Object.entries(membersOf(value, 'secrets'));
  return Object.fromEntries(entries.flatMap(([name, to]) => (typeof to === 'string' ? [[name, to]] : [])));
}

function membersOf(value: Json | undefined, what: string): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members;
  throw brokenPromise(`${what} in a sealed document is not an object`);
}
