/** Targets of records that break one rule each, and the scenario that has to catch it. */
import type { TargetRecord } from '../../../plugins/sdk/index.ts';
import { type Broken, changed, committing, placeIn, staging, text } from './broken.ts';

export const BROKEN_RECORDS: readonly Broken[] = [
  [
    'makes a record of every delivery',
    'records.once',
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
    committing((sound) => async (parcel, staged, signal) => {
      const receipt = await sound.commit(parcel, staged, signal);
      return { ...receipt, parts: receipt.parts?.slice(1) };
    }),
  ],
  [
    'forgets the crosswalk when a commit is repeated',
    'records.after-restart',
    committing((sound) => async (parcel, staged, signal) => {
      const isRepeated = (await sound.stat(parcel, signal)) !== undefined;
      const receipt = await sound.commit(parcel, staged, signal);
      return isRepeated ? { targetId: receipt.targetId } : receipt;
    }),
  ],
  [
    'cuts long texts at a column, silently',
    'records.long-text',
    staging((bytes) => Buffer.from(text(bytes).replace(/"div":"([^"]{65535})[^"]*"/, '"div":"$1"'))),
  ],
  [
    'shifts times into UTC',
    'records.times',
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
    staging((bytes) => Buffer.from(text(bytes).replace(/(T\d\d:\d\d:\d\d[^"]*)[+-]\d\d:\d\d"/, '$1"'))),
  ],
  [
    'lists records without their contents',
    'records.listing',
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
    'finds other records by key than it was asked for',
    'records.by-key',
    {
      target: ({ listing }) => ({
        listing: listing && { ...listing, recordsByKey: (type, _keys, signal) => listing.records(type, signal) },
      }),
    },
  ],
];
