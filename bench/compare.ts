/** Field by field, records read back against those expected, beside Node's test for equality, which names no field. */
import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../kernel/canonical-json.ts';
import { isArray, isObject, type JsonObject } from '../records/leaves.ts';
import { compareWhole } from '../records/lineage/compare.ts';
import { chartsOf } from '../proofs/mutations/charts.ts';
import type { Figure } from './figure.ts';
import { inTurn } from './rounds.ts';

const CHARTS = 400;
const ROWS = 20_000;
const COLUMNS = 12;
/** Of so many records one differs. */
const EVERY = 10;

type Pair = readonly [expected: Json, actual: Json];

export async function run(): Promise<readonly Figure[]> {
  return [
    ...(await figuresOf('rows of 12 columns', pairsOf(rows()))),
    ...(await figuresOf('FHIR resources', pairsOf(chartsOf(CHARTS).flatMap(({ resources }) => resources as Json[])))),
  ];
}

async function figuresOf(name: string, pairs: readonly Pair[]): Promise<readonly Figure[]> {
  const unlike = Math.ceil(pairs.length / EVERY);
  const costs = await inTurn({
    ours: () => expectUnlike(pairs, unlike, ([one, other]) => compareWhole(one, other, []).length > 0),
    equality: () => expectUnlike(pairs, unlike, ([one, other]) => !isDeepStrictEqual(one, other)),
  });
  const fields = pairs.reduce((sum, [expected]) => sum + fieldsOf(expected), 0);
  const rate = (which: keyof typeof costs): number => pairs.length / costs[which].cpuSeconds;
  const told = `field compare of ${name}, ${(fields / pairs.length).toFixed(0)} fields each, one in ${EVERY} differs`;
  return [
    {
      ...{ name: told, value: rate('ours'), unit: 'records per CPU second' },
      ...{ peer: "node:util's isDeepStrictEqual", ratio: rate('ours') / rate('equality') },
    },
    { name: `fields of ${name}`, value: fields / costs.ours.cpuSeconds, unit: 'fields per CPU second' },
  ];
}

function expectUnlike(pairs: readonly Pair[], unlike: number, differs: (pair: Pair) => boolean): void {
  const found = pairs.filter(differs).length;
  if (found !== unlike) throw new Error(`${found} of ${unlike} differences were found`);
}

/** Read from text twice, as both sides are; every so often the first text of a record is another. */
function pairsOf(records: readonly Json[]): readonly Pair[] {
  return records.map((record, at) => {
    const text = JSON.stringify(record);
    const [expected, actual] = [JSON.parse(text) as Json, JSON.parse(text) as Json];
    if (at % EVERY === 0 && isObject(actual)) spoil(actual);
    return [expected, actual];
  });
}

function spoil(record: JsonObject): void {
  const [name] =
    Object.entries(record).find(([key, value]) => key !== 'resourceType' && typeof value === 'string') ?? [];
  Object.assign(record, { [name ?? 'language']: 'another' });
}

function rows(): readonly Json[] {
  return Array.from({ length: ROWS }, (_, row) =>
    Object.fromEntries(Array.from({ length: COLUMNS }, (_column, at) => [`COLUMN_${at}`, `${row % 977} value ${at}`])),
  );
}

function fieldsOf(value: Json): number {
  if (isArray(value)) return value.reduce<number>((sum, each) => sum + fieldsOf(each), 0);
  return isObject(value) ? Object.values(value).reduce<number>((sum, each) => sum + fieldsOf(each ?? null), 0) : 1;
}
