/** Targets that give back or list wrongly what was committed, and the scenario that has to catch it. */
import { type Broken, placeIn } from './broken.ts';

export const BROKEN_READ_BACKS: readonly Broken[] = [
  [
    'ignores the offset when it reads back',
    'target-read.from-offset',
    'from 1: size in bytes: expected 2999999',
    { target: (sound) => ({ read: (targetId, _, signal) => sound.read(targetId, 0, signal) }) },
  ],
  [
    'reads nothing where nothing is',
    'target-read.missing',
    'read: expected a failure, found 0 bytes',
    {
      target: (sound) => ({
        async *read(targetId, offset, signal) {
          try {
            yield* sound.read(targetId, offset, signal);
          } catch {}
        },
      }),
    },
  ],
  [
    'lists an item twice',
    'listing.committed',
    'keys: expected',
    {
      target: ({ listing }) => ({
        listing: listing && {
          ...listing,
          async *items(signal) {
            for await (const item of listing.items(signal)) yield* [item, item];
          },
        },
      }),
    },
  ],
  [
    'has a listing that it does not declare',
    'listing.declared',
    'listing: expected true, found false',
    { target: () => ({ listing: undefined }) },
  ],
  [
    'lists to a source what is only staged',
    'roles.agree',
    'empty.hl7 is listed while staged',
    {
      source: (sound, config) => ({
        async *list(signal) {
          yield* sound.list(signal);
          for (const key of placeIn(config).staged.keys()) yield { path: key.replace('parcel-of-', ''), sizeBytes: 0 };
        },
      }),
    },
  ],
];
