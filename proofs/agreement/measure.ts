/** Holds the shipped maps against what others have published for the same sources. */
import { createReadStream, readFileSync } from 'node:fs';
import { Hl7Message } from '../../records/hl7v2/message.ts';
import { splitHl7 } from '../../records/hl7v2/split.ts';
import { ItemReading } from '../../records/item-bytes.ts';
import type { Departure, LineageMap } from '../../records/lineage/language.ts';
import { saidIn } from './bundle.ts';
import { Account } from './account.ts';
import { Judge } from './classes.ts';
import { Comparison } from './compare.ts';
import { Images } from './images.ts';
import { mended } from './mend.ts';
import { pairsIn, type Pair } from './pairs.ts';
import { Programme, shippedMaps } from './programme.ts';
import { statedIn } from './source.ts';
import { agreementOf, Tally } from './tally.ts';

export interface Measured {
  /** `ADT^A01`, or `C-CDA`. */
  readonly type: string;
  readonly tally: Tally;
  /** Every fact in its class, and what of the source is carried by whom. */
  readonly account: Account;
  /** Undefined where no shipped map takes messages of this type; everything expected is then missing. */
  readonly map: LineageMap | undefined;
  /** Sources, by their names, with problems: code and position. */
  readonly problems: readonly string[];
  /** Sources, by their names, that are measured with something put in. */
  readonly mended: readonly string[];
}

/** The least share of the expected facts, those with a reason set aside, that a message type must have. */
export const AGREEMENT_MIN = 0.95;

/** Each message type of the samples whose name `isMeant`, in the order of their names. */
export async function measure(samples: string, isMeant: (type: string) => boolean): Promise<readonly Measured[]> {
  const typed: { readonly pair: Pair; readonly type: string }[] = [];
  for (const pair of await pairsIn(samples)) {
    const type = await typeOf(pair);
    if (isMeant(type)) typed.push({ pair, type });
  }
  const programme = new Programme(typed.map(({ type }) => type));
  const images = new Images(samples, shippedMaps());
  const measured = new Map<
    string,
    { tally: Tally; account: Account; map: LineageMap | undefined; problems: string[]; mended: string[] }
  >();
  for (const { pair, type } of typed) {
    const source = mended(pair.name, readFileSync(pair.source, 'utf8'));
    const bytes = Buffer.from(source.text);
    const made = await programme.makeOf(pair, type, bytes);
    const known = measured.get(type) ?? {
      tally: new Tally(),
      account: new Account(),
      map: made.map,
      problems: [],
      mended: [],
    };
    measured.set(type, known);
    known.problems.push(...made.problems);
    const message = pair.format === 'hl7v2' ? source.text : '';
    if (source.what !== undefined) known.mended.push(`${pair.name}: ${source.what}`);
    const comparison = new Comparison(saidIn(readFileSync(pair.expected, 'utf8')), made);
    const stated = await statedIn(pair, bytes);
    const judge = new Judge({ comparison, stated, carried: made.carried, images });
    known.account.add(comparison.expected, judge, { stated, carried: made.carried });
    known.tally.add(comparison, made, { from: pair.origin, message, judge });
  }
  return [...measured]
    .map(([type, each]) => ({ type, ...each }))
    .sort((one, other) => (one.type < other.type ? -1 : 1));
}

/** Whether a message type is as it should be. */
export function passes({ map, tally }: Measured): boolean {
  return map !== undefined && tally.total.unexplained === 0 && agreementOf(tally.total).explained >= AGREEMENT_MIN;
}

/** Departures of the maps measured that no difference shows any more. */
export function notShown(measured: readonly Measured[]): readonly { map: string; departure: Departure }[] {
  const shown = new Set(measured.flatMap(({ tally }) => [...tally.shown]));
  const maps = new Set(measured.flatMap(({ map }) => (map === undefined ? [] : [map])));
  return [...maps].flatMap(({ name, departures = [] }) =>
    departures.filter((each) => !shown.has(each)).map((departure) => ({ map: name, departure })),
  );
}

export async function typeOf({ format, source }: Pair): Promise<string> {
  if (format !== 'hl7v2') return format === 'ccda' ? 'C-CDA' : format;
  const reading = new ItemReading(createReadStream(source));
  try {
    for await (const unit of splitHl7(reading)) {
      const message = unit.kind === 'MSH' ? Hl7Message.read(unit.bytes) : undefined;
      if (message !== undefined) return message.type;
    }
    return 'unreadable';
  } finally {
    await reading.close();
  }
}
