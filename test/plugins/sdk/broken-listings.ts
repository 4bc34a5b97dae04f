/** Listings that break one rule each, and the scenario that has to catch it. */
import { changed, type Broken } from './broken.ts';

const NEVER = new AbortController().signal;

export const BROKEN_LISTINGS: readonly Broken[] = [
  [
    'lies about a size',
    'list.whole',
    'size of empty.hl7',
    {
      source: (sound) => ({
        list: (signal) => changed(sound.list(signal), (item) => ({ ...item, sizeBytes: item.sizeBytes + 1 })),
      }),
    },
  ],
  [
    'leaves an empty item out',
    'list.whole',
    'paths: expected',
    {
      source: (sound) => ({
        list: (signal) => changed(sound.list(signal), (item) => (item.sizeBytes === 0 ? undefined : item)),
      }),
    },
  ],
  [
    'turns names into another Unicode form',
    'list.whole',
    'paths: expected',
    {
      source: (sound) => ({
        list: (signal) => changed(sound.list(signal), (item) => ({ ...item, path: item.path.normalize('NFC') })),
      }),
    },
  ],
  [
    'shows a line break in a name as another character',
    'list.odd-names',
    'paths: expected',
    {
      source: (sound) => ({
        list: (signal) => changed(sound.list(signal), (item) => ({ ...item, path: item.path.replace('\n', '\u240a') })),
      }),
    },
  ],
  [
    'lists what it has listed before no more',
    'list.again',
    'second listing: expected',
    {
      source: (sound) => {
        const seen = new Set<string>();
        const isNew = (path: string) => !seen.has(path) && seen.add(path);
        return { list: (signal) => changed(sound.list(signal), (item) => (isNew(item.path) ? item : undefined)) };
      },
    },
  ],
  [
    'pages by position, so that an item that comes moves the others',
    'list.while-items-come',
    'items listed once: expected',
    {
      source: (sound) => ({
        async *list(signal) {
          for (let at = 0; ; at++) {
            const now: { path: string; sizeBytes: number }[] = [];
            for await (const item of sound.list(signal)) now.push(item);
            const item = now.sort((a, b) => (a.path < b.path ? 1 : -1))[at];
            if (item === undefined) return;
            yield item;
          }
        },
      }),
    },
  ],
  [
    'shifts times by a zone',
    'list.times',
    '18000 s off',
    {
      source: (sound) => ({
        list: (signal) =>
          changed(sound.list(signal), (item) => ({
            ...item,
            modifiedAt: new Date(Date.parse(item.modifiedAt ?? '') + 5 * 3_600_000).toISOString(),
          })),
      }),
    },
  ],
  [
    'tells no time, and nobody says why',
    'list.times',
    'the source says no time of an item',
    {
      source: (sound) => ({
        list: (signal) => changed(sound.list(signal), ({ modifiedAt: _, ...item }) => item),
      }),
    },
  ],
  [
    'gives local times',
    'list.times',
    'no instant in UTC',
    {
      source: (sound) => ({
        list: (signal) => changed(sound.list(signal), (item) => ({ ...item, modifiedAt: '2026-01-01T00:00:00+01:00' })),
      }),
    },
  ],
  [
    'goes on listing when it is stopped',
    'list.stopped',
    'stopped before it began: expected a failure',
    { source: (sound) => ({ list: () => sound.list(NEVER) }) },
  ],
  [
    'goes on from the path itself, not after it',
    'list.in-order',
    'after "-rf',
    {
      source: (sound) => ({
        async *listFrom(path, signal) {
          for await (const item of sound.list(signal))
            if (Buffer.compare(Buffer.from(item.path), Buffer.from(path)) >= 0) yield item;
        },
      }),
    },
  ],
  [
    'lists from the end',
    'list.in-order',
    'the order: expected',
    {
      source: (sound) => ({
        async *list(signal) {
          const items = [];
          for await (const item of sound.list(signal)) items.push(item);
          yield* items.reverse();
        },
      }),
    },
  ],
  [
    'pretends to an order',
    'list.no-order',
    'it has',
    { connector: { capabilities: { ...capabilities(), orderedListing: false } } },
  ],
  [
    'shows charts unasked',
    'records.no-chart',
    'it shows them',
    { connector: { capabilities: { ...capabilities(), charts: false } } },
  ],
  [
    'declares charts and shows none',
    'records.chart',
    'it declares charts and shows none',
    { target: ({ listing }) => ({ listing: listing && { ...listing, chart: undefined } }) },
  ],
  [
    'lists a relic in an empty place',
    'list.empty',
    'listed: expected []',
    {
      source: (sound) => ({
        async *list(signal) {
          yield { path: '.keep', sizeBytes: 0 };
          yield* sound.list(signal);
        },
      }),
    },
  ],
];

function capabilities() {
  return {
    resumeRead: true,
    orderedListing: true,
    listing: true,
    charts: true,
    shapes: ['bytes', 'records'],
    remoteDigest: true,
    transport: 'memory',
    concurrencyMax: 16,
  } as const;
}
