/** One ORU to FHIR by a compiled lineage map, against the same mapping in JSONata and written by hand. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import jsonata from 'jsonata';
import { Hl7Message } from '../records/hl7v2/message.ts';
import { compileMessages } from '../records/lineage/map-hl7v2.ts';
import { parseLineage } from '../records/lineage/parse.ts';
import { expandShapes } from '../records/lineage/shapes.ts';
import type { Figure } from './figure.ts';
import { median } from './rounds.ts';
import { mapByHand } from './mapping/by-hand.ts';

const FOLDER = join(import.meta.dirname, 'mapping');
const ROUNDS = 7;
/** Messages a round, so that every way takes a few tenths of a second. */
const MESSAGES = { lineage: 6_000, hand: 20_000, jsonata: 60 };
const WARM_UP_MESSAGES = 200;
const GOAL = '>= 80 x';

/** Maps the message so many times; what it made the last time. */
type Way = (times: number) => Promise<unknown>;

export async function run(): Promise<readonly Figure[]> {
  const message = Hl7Message.read(readFileSync(join(FOLDER, 'oru.hl7')));
  if (message === undefined) throw new Error('the message cannot be read');
  const ways = { lineage: byLineage(message), hand: byHand(message), jsonata: byJsonata(message) };
  await check(ways);
  const rates: Record<keyof typeof ways, number[]> = { lineage: [], hand: [], jsonata: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of Object.keys(rates) as (keyof typeof rates)[]) {
      rates[name].push(await rateOf(ways[name], MESSAGES[name]));
    }
  }
  const [lineage, hand, peer] = [median(rates.lineage), median(rates.hand), median(rates.jsonata)];
  const unit = 'messages per CPU second';
  const name = 'one ORU of 12 observations by a compiled map';
  return [
    { name, value: lineage, unit, peer: 'JSONata', ratio: lineage / peer, goal: GOAL },
    { name: 'the same written by hand', value: hand, unit, peer: 'our compiled map', ratio: hand / lineage },
    { name: 'the same in JSONata', value: peer, unit },
  ];
}

/** Three ways that do not make the same are no comparison. */
async function check(ways: Readonly<Record<string, Way>>): Promise<void> {
  const [expected, ...others] = await Promise.all(
    Object.values(ways).map(async (way) => JSON.parse(JSON.stringify(await way(WARM_UP_MESSAGES))) as unknown),
  );
  if (!others.every((other) => isDeepStrictEqual(expected, other))) throw new Error('the ways make different records');
}

function byLineage(message: Hl7Message): Way {
  const parsed = parseLineage(readFileSync(join(FOLDER, 'oru.lineage.yaml'), 'utf8'));
  if (!parsed.ok) throw new Error(parsed.refusals.map(({ message: why }) => why).join('; '));
  const map = compileMessages(expandShapes(parsed.value).map);
  return async (times) => {
    let made = map(message, 'message 1');
    for (let left = times - 1; left > 0; left--) made = map(message, 'message 1');
    const records = await Promise.all(made);
    if (records.some(({ problems }) => problems.length > 0)) throw new Error('the lineage has problems');
    return records.map(({ resource }) => resource);
  };
}

function byHand(message: Hl7Message): Way {
  return async (times) => {
    let made = mapByHand(message);
    for (let left = times - 1; left > 0; left--) made = mapByHand(message);
    return made;
  };
}

/** The message is made JSON beforehand, and the expression compiled once: what is measured is the mapping alone. */
function byJsonata(message: Hl7Message): Way {
  const expression = jsonata(readFileSync(join(FOLDER, 'oru.jsonata'), 'utf8'));
  const input = treeOf(message);
  return async (times) => {
    let made: unknown;
    for (let left = times; left > 0; left--) made = await expression.evaluate(input);
    return made;
  };
}

type Fields = Record<string, unknown>;

/** Segments with fields `f3` and components `c1`; results inside their order, notes inside their result. */
function treeOf(message: Hl7Message): Fields {
  const orders: Fields[] = [];
  const tree: Fields = { OBR: orders };
  for (const [segment, id] of message.ids.entries()) {
    const fields = fieldsOf(message, segment);
    const order = orders.at(-1);
    if (id === 'OBR') orders.push({ ...fields, OBX: [] });
    else if (id === 'OBX') (order?.['OBX'] as Fields[]).push(fields);
    else if (id === 'NTE') Object.assign((order?.['OBX'] as Fields[]).at(-1) ?? {}, { NTE: [fields] });
    else tree[id] = fields;
  }
  return tree;
}

function fieldsOf(message: Hl7Message, segment: number): Fields {
  const fields: Fields = {};
  for (let field = 1; field <= message.fieldCount(segment); field++) {
    const components = message.rawField(segment, field).split(message.delimiters.component);
    const entries = components.flatMap((_, index) => {
      const value = message.value(segment, { field, component: index + 1 });
      return value === undefined || value === null ? [] : [[`c${index + 1}`, value]];
    });
    if (entries.length > 0) fields[`f${field}`] = Object.fromEntries(entries);
  }
  return fields;
}

/** CPU time and not time on the clock: this is work of one core, and others may be at work beside it. */
async function rateOf(way: Way, times: number): Promise<number> {
  const cpu = process.cpuUsage();
  await way(times);
  const { user, system } = process.cpuUsage(cpu);
  return times / ((user + system) / 1e6);
}
