/** Targets of records that break one rule each, and the scenario that has to catch it. */
import type { TargetRecord } from '../../../plugins/sdk/index.ts';
import { type Broken, changed, committing, placeIn, staging, text } from './broken.ts';

export const BROKEN_RECORDS: readonly Broken[] = [
  [
    'makes a record of every delivery',
    'records.once',
    'the id of k2',
    {
      target: (sound, config) => ({
        commit: async (parcel, staged, signal) => {
          const { records } = placeIn(config);
          const before = [...(records.get('Patient') ?? [])];
          records.clear();
          const receipt = await sound.commit(parcel, staged, signal);
          records.set('Patient', [...before, ...(records.get('Patient') ?? [])]);
          return receipt;
        },
      }),
    },
  ],
  [
    'leaves a record out of the crosswalk',
    'records.reads-back',
    'the crosswalk: expected ["k1","k2","k3"], found ["k2","k3"]',
    committing((sound) => async (parcel, staged, signal) => {
      const receipt = await sound.commit(parcel, staged, signal);
      return { ...receipt, parts: receipt.parts?.slice(1) };
    }),
  ],
  [
    'forgets the crosswalk when a commit is repeated',
    'records.after-restart',
    'the second receipt: expected',
    committing((sound) => async (parcel, staged, signal) => {
      const isRepeated = (await sound.stat(parcel, signal)) !== undefined;
      const receipt = await sound.commit(parcel, staged, signal);
      return isRepeated ? { targetId: receipt.targetId } : receipt;
    }),
  ],
  [
    'cuts long texts at a column, silently',
    'records.long-text',
    'text: expected',
    staging((bytes) => Buffer.from(text(bytes).replace(/"div":"([^"]{65535})[^"]*"/, '"div":"$1"'))),
  ],
  [
    'shifts times into UTC',
    'records.times',
    'found "2024-03-10T07:30:00.000Z"',
    staging((bytes) =>
      Buffer.from(
        text(bytes).replace(
          /"deceasedDateTime":"([^"]{11,})"/,
          (_, at: string) => `"deceasedDateTime":"${new Date(at).toISOString()}"`,
        ),
      ),
    ),
  ],
  [
    'drops the zone of a time',
    'records.times',
    'found "2024-03-10T02:30:00"',
    staging((bytes) => Buffer.from(text(bytes).replace(/(T\d\d:\d\d:\d\d[^"]*)[+-]\d\d:\d\d"/, '$1"'))),
  ],
  [
    'lists records without their contents',
    'records.listing',
    'a record without content',
    {
      target: ({ listing }) => ({
        listing: listing && {
          ...listing,
          records: (type, signal) => changed(listing.records(type, signal), ({ content: _, ...rest }) => rest),
        },
      }),
    },
  ],
  [
    'shows in the chart of one patient what hangs on all of them',
    'records.chart',
    'the chart of k1: expected',
    {
      target: ({ listing }) => ({
        listing: listing && {
          ...listing,
          chart: async function* (_targetId, types, signal) {
            for (const type of types) yield* listing.records(type, signal);
          },
        },
      }),
    },
  ],
  [
    'shows prescriptions in the order in which they came',
    'records.chart',
    'the chart of k1: expected',
    {
      target: ({ listing }) => ({
        listing: listing && {
          ...listing,
          chart: async function* (targetId, types, signal) {
            const shown: TargetRecord[] = [];
            for await (const each of listing.chart?.(targetId, types, signal) ?? []) shown.push(each);
            yield* shown.toSorted((left, right) => (left.targetId < right.targetId ? -1 : 1));
          },
        },
      }),
    },
  ],
  [
    'finds no records by key, and nobody says why',
    'records.by-key',
    'it looks none up',
    { target: ({ listing }) => ({ listing: listing && { ...listing, recordsByKey: undefined } }) },
  ],
  [
    'finds other records by key than it was asked for',
    'records.by-key',
    'found by key: expected',
    {
      target: ({ listing }) => ({
        listing: listing && { ...listing, recordsByKey: (type, _keys, signal) => listing.records(type, signal) },
      }),
    },
  ],
];
