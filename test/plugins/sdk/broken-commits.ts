/** Commits that break one rule each, and the scenario that has to catch it. */
import { ConnectorError, type Parcel, type Staged, type Target } from '../../../plugins/sdk/index.ts';
import { type Broken, changed, committing, gathered, pieces, placeIn, staging } from './broken.ts';

const NEVER = new AbortController().signal;

export const BROKEN_COMMITS: readonly Broken[] = [
  [
    'drops the last chunk',
    'commit.reads-back',
    'size in bytes: expected 11, found 0',
    staging((bytes) => bytes.subarray(0, bytes.byteLength & ~0xffff)),
  ],
  [
    'changes a byte, and what it reads back is what it was sent',
    'commit.lands',
    'large.bin: byte 5 differs',
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
    'what is there: expected',
    committing(
      (sound) => (parcel, staged, signal) => sound.commit({ ...parcel, path: `in/${parcel.path}` }, staged, signal),
    ),
  ],
  [
    'takes a line break out of a name',
    'commit.odd-names',
    'listed: expected',
    committing(
      (sound) => (parcel, staged, signal) =>
        sound.commit({ ...parcel, path: parcel.path.replace('\n', ' ') }, staged, signal),
    ),
  ],
  [
    'forgets what was staged when it restarts',
    'commit.after-restart',
    'nothing is staged; stage it again',
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
    'the second receipt: expected',
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
    'listed: expected ["a/b"]',
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
    'size in bytes: expected 15, found 9',
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
    'abc/a: byte 4 differs',
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
    'commits only what was staged last',
    'commit.in-any-order',
    'committed at once failed: ITEM_NOT_FOUND',
    {
      target: (sound) => {
        const waiting: string[] = [];
        return {
          stage: async (parcel, bytes, signal) => {
            const staged = await sound.stage(parcel, bytes, signal);
            waiting.push(parcel.key);
            return staged;
          },
          commit: (parcel, staged, signal) => {
            if (waiting.pop() === parcel.key) return sound.commit(parcel, staged, signal);
            throw new ConnectorError('ITEM_NOT_FOUND', 'it is not what was staged last');
          },
        };
      },
    },
  ],
  [
    'empties a stage when it commits another parcel',
    'commit.in-any-order',
    'beside a commit: size in bytes: expected 26, found 21',
    {
      target: (sound) => {
        const underway = new Map<string, Uint8Array[]>();
        return {
          stage: async (parcel, bytes, signal) => {
            const chunks: Uint8Array[] = [];
            underway.set(parcel.key, chunks);
            for await (const chunk of bytes) chunks.push(chunk);
            underway.delete(parcel.key);
            return sound.stage(parcel, pieces(...chunks), signal);
          },
          commit: (parcel, staged, signal) => {
            for (const chunks of underway.values()) chunks.length = 0;
            return sound.commit(parcel, staged, signal);
          },
        };
      },
    },
  ],
  [
    'overwrites an existing item',
    'commit.conflict',
    'equal size: expected a failure',
    committing((sound, config) => (parcel, staged, signal) => {
      placeIn(config).files.delete(parcel.path);
      return sound.commit(parcel, staged, signal);
    }),
  ],
  [
    'commits without comparing: what is there counts as delivered',
    'commit.conflict',
    'equal size: expected a failure',
    committing(
      (sound, config) => async (parcel, staged, signal) =>
        placeIn(config).files.has(parcel.path) ? { targetId: parcel.path } : sound.commit(parcel, staged, signal),
    ),
  ],
  [
    'compares sizes instead of contents',
    'commit.conflict',
    'equal size: expected a failure',
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
      'at once failed: ACCESS_DENIED',
      { target: (sound) => makingFolders(sound, act) },
    ],
  ),
  [
    'gives what is staged at once the content of the last',
    'commit.side-by-side',
    'byte 15 differs',
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
    'it is being committed',
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
