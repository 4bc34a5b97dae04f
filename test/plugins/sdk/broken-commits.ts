/** Commits and read-backs that break one rule each, and the scenario that has to catch it. */
import { ConnectorError, type Parcel, type Staged, type Target } from '../../../plugins/sdk/index.ts';
import { type Broken, changed, committing, gathered, pieces, placeIn, staging } from './broken.ts';

const NEVER = new AbortController().signal;

export const BROKEN_COMMITS: readonly Broken[] = [
  ['drops the last chunk', 'commit.reads-back', staging((bytes) => bytes.subarray(0, bytes.byteLength & ~0xffff))],
  [
    'changes a byte, and what it reads back is what it was sent',
    'commit.lands',
    {
      target: (sound, config) => ({
        commit: async (parcel, staged, signal) => {
          const receipt = await sound.commit(parcel, staged, signal);
          const file = placeIn(config).files.get(parcel.path);
          if (file !== undefined)
            placeIn(config).put(
              parcel.path,
              file.bytes.map((byte) => byte & 0x7f),
            );
          return receipt;
        },
        read: (targetId, offset) => changed(sound.read(targetId, offset, NEVER), (chunk) => chunk),
      }),
    },
  ],
  [
    'puts an item under another name',
    'commit.lands',
    committing(
      (sound) => (parcel, staged, signal) => sound.commit({ ...parcel, path: `in/${parcel.path}` }, staged, signal),
    ),
  ],
  [
    'forgets what was staged when it restarts',
    'commit.after-restart',
    {
      target: (sound) => {
        const mine = new Set<string>();
        return {
          stage: (parcel, bytes, signal) => {
            mine.add(parcel.key);
            return sound.stage(parcel, bytes, signal);
          },
          commit: async (parcel, staged, signal) => {
            if (!mine.has(staged.key)) throw new ConnectorError('ITEM_NOT_FOUND', 'nothing is staged; stage it again');
            return sound.commit(parcel, staged, signal);
          },
        };
      },
    },
  ],
  [
    'gives another receipt when a commit is repeated',
    'commit.after-restart',
    {
      target: (sound) => {
        const opening = Math.trunc(performance.now() * 1000);
        return {
          commit: async (parcel, staged, signal) => {
            const receipt = await sound.commit(parcel, staged, signal);
            return { ...receipt, parts: [{ key: String(opening), targetId: receipt.targetId }] };
          },
        };
      },
    },
  ],
  [
    'makes two of one key',
    'commit.same-key-twice',
    committing((sound, config) => async (parcel, staged, signal) => {
      const receipt = await sound.commit(parcel, staged, signal);
      const { files } = placeIn(config);
      const file = files.get(parcel.path);
      if (file !== undefined) placeIn(config).put(`${parcel.path} (${files.size})`, file.bytes);
      return receipt;
    }),
  ],
  [
    'keeps what was staged first',
    'commit.staged-twice',
    {
      target: (sound) => {
        const first = new Map<string, Promise<Staged>>();
        return {
          stage: (parcel, bytes, signal) => {
            const staged = first.get(parcel.key) ?? sound.stage(parcel, bytes, signal);
            first.set(parcel.key, staged);
            return staged;
          },
        };
      },
    },
  ],
  [
    'stages every parcel in one place',
    'commit.in-any-order',
    {
      target: (sound) => {
        const one = (key: { readonly key: string }) => ({ ...key, key: 'the one' });
        return {
          stage: async (parcel, bytes, signal) => sound.stage(one(parcel) as Parcel, bytes, signal),
          commit: async (parcel, staged, signal) => sound.commit(one(parcel) as Parcel, one(staged) as Staged, signal),
        };
      },
    },
  ],
  [
    'overwrites an existing item',
    'commit.conflict',
    committing((sound, config) => (parcel, staged, signal) => {
      placeIn(config).files.delete(parcel.path);
      return sound.commit(parcel, staged, signal);
    }),
  ],
  [
    'commits without comparing: what is there counts as delivered',
    'commit.conflict',
    committing(
      (sound, config) => async (parcel, staged, signal) =>
        placeIn(config).files.has(parcel.path) ? { targetId: parcel.path } : sound.commit(parcel, staged, signal),
    ),
  ],
  [
    'compares sizes instead of contents',
    'commit.conflict',
    committing((sound, config) => async (parcel, staged, signal) => {
      const there = placeIn(config).files.get(parcel.path);
      if (there?.bytes.byteLength === staged.sizeBytes) return { targetId: parcel.path };
      return sound.commit(parcel, staged, signal);
    }),
  ],
  ...(['stage', 'commit'] as const).map(
    (act): Broken => [
      `fails to ${act} where another makes the same folder at the same time`,
      'commit.side-by-side',
      { target: (sound) => makingFolders(sound, act) },
    ],
  ),
  [
    'gives what is staged at once the content of the last',
    'commit.side-by-side',
    {
      target: (sound) => {
        let last: Uint8Array = Buffer.alloc(0);
        return {
          stage: async (parcel, bytes, signal) => {
            last = await gathered(bytes);
            await new Promise((resolve) => setImmediate(resolve));
            return sound.stage(parcel, pieces(last), signal);
          },
        };
      },
    },
  ],
  [
    'fails the second of two commits at once',
    'commit.together',
    {
      target: (sound) => {
        const busy = new Set<string>();
        return {
          commit: async (parcel, staged, signal) => {
            if (busy.has(parcel.key)) throw new ConnectorError('ITEM_CONFLICT', 'it is being committed');
            busy.add(parcel.key);
            const receipt = await sound.commit(parcel, staged, signal);
            busy.delete(parcel.key);
            return receipt;
          },
        };
      },
    },
  ],
  [
    'ignores the offset when it reads back',
    'target-read.from-offset',
    { target: (sound) => ({ read: (targetId, _, signal) => sound.read(targetId, 0, signal) }) },
  ],
  [
    'reads nothing where nothing is',
    'target-read.missing',
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
  ['has a listing that it does not declare', 'listing.declared', { target: () => ({ listing: undefined }) }],
  [
    'lists to a source what is only staged',
    'roles.agree',
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

/** As a server that says no to one of two who make a folder at once; here that is the last word. */
function makingFolders(sound: Target, act: 'stage' | 'commit'): Partial<Target> {
  const made = new Set<string>();
  const making = new Set<string>();
  const make = async (folder: string): Promise<void> => {
    if (made.has(folder)) return;
    if (making.has(folder)) throw new ConnectorError('ACCESS_DENIED', 'the server answers 403 to MKCOL');
    making.add(folder);
    await new Promise((resolve) => setImmediate(resolve));
    made.add(folder);
  };
  if (act === 'stage') {
    return { stage: (parcel, bytes, signal) => make('.staged').then(() => sound.stage(parcel, bytes, signal)) };
  }
  const folderOf = ({ path }: Parcel): string => path.slice(0, path.lastIndexOf('/'));
  return {
    commit: (parcel, staged, signal) => make(folderOf(parcel)).then(() => sound.commit(parcel, staged, signal)),
  };
}
