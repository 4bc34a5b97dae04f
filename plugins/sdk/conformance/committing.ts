/** What a commit promises: visible at once and whole, repeatable, never replacing. */
import type { Receipt, Staged, Target } from '../target.ts';
import { all, equal, fails, holds, joined, once, sameBytes, utf8 } from './expect.ts';
import { never } from './perform.ts';
import { bytesParcel, LARGE, ODD, SAMPLES } from './samples.ts';
import { ofBytesTarget, type Scenario, type Stage } from './scenario.ts';

/** Parcels side by side, where the connector allows as many, and how often: a server says no by chance only. */
const AT_ONCE_MAX = 8;
const ROUNDS = 5;
const DEEP = 'a/b/c/d/e/f/g/h/i/j/k';
/** Every order in which three parcels that were staged as a, b, c can be committed. */
const ORDERS = ['abc', 'acb', 'bac', 'bca', 'cab', 'cba'] as const;
const BESIDE = 'staged beside a commit';

const COMMITS: readonly Scenario[] = ofBytesTarget(
  {
    name: 'commit.reads-back',
    promise: 'what was committed reads back byte for byte, after a restart too',
    run: async ({ target }) => {
      const opened = await target();
      const receipts = [];
      for (const [path, bytes] of SAMPLES) receipts.push(await deliver(opened, path, bytes));
      const reopened = await target();
      for (const [at, [path, bytes]] of SAMPLES.entries()) {
        sameBytes(await joined(reopened.read(receipts[at]?.targetId ?? '', 0, never())), bytes, path);
      }
    },
  },
  {
    name: 'commit.lands',
    promise: 'what was committed is where its path says, whole, as its new owner sees it',
    needs: ['held'],
    run: async ({ place, target }) => {
      const opened = await target();
      for (const [path, bytes] of SAMPLES) await deliver(opened, path, bytes);
      const held = (await place.held?.()) ?? [];
      equal(held.map(({ path }) => path).sort(), SAMPLES.map(([path]) => path).sort(), 'what is there');
      for (const [path, bytes] of SAMPLES) {
        sameBytes(held.find((each) => each.path === path)?.bytes ?? utf8(''), bytes, path);
      }
    },
  },
  {
    name: 'commit.odd-names',
    promise: 'an item with line breaks and tabs in its name is there under that name, and reads back',
    needs: ['odd-names'],
    run: async (stage) => {
      const opened = await stage.target();
      const { targetId } = await deliver(opened, ...ODD);
      await requireOnly(stage, opened, [ODD[0]]);
      sameBytes(await joined(opened.read(targetId, 0, never())), ODD[1], ODD[0]);
    },
  },
  {
    name: 'commit.after-restart',
    promise: 'what was staged is committed after a restart, and again after another, with the same receipt',
    run: async ({ target }) => {
      const [path, bytes] = LARGE;
      const parcel = bytesParcel(path, bytes);
      const staged = stored(await (await target()).stage(parcel, once(bytes), never()));
      const receipt = await (await target()).commit(parcel, staged, never());
      const reopened = await target();
      equal(await reopened.commit(parcel, staged, never()), receipt, 'the second receipt');
      const found = await reopened.stat(parcel, never());
      if (found !== undefined) equal(found.targetId, receipt.targetId, 'the look-up after the commit');
      sameBytes(await joined(reopened.read(receipt.targetId, 0, never())), bytes, path);
    },
  },
  {
    name: 'commit.same-key-twice',
    promise: 'the same parcel delivered twice is there once',
    needs: ['sight'],
    run: async (stage) => {
      const opened = await stage.target();
      const first = await deliver(opened, 'a/b', utf8('once'));
      const second = await deliver(await stage.target(), 'a/b', utf8('once'));
      equal(second.targetId, first.targetId, 'target id');
      await requireOnly(stage, opened, ['a/b']);
    },
  },
  {
    name: 'commit.staged-twice',
    promise: 'a parcel staged twice is committed once, as it was staged last',
    run: async ({ target }) => {
      const opened = await target();
      const parcel = bytesParcel('a', utf8('the second time'));
      await opened.stage(parcel, once(utf8('the first')), never());
      const staged = await opened.stage(parcel, once(utf8('the second time')), never());
      const { targetId } = await opened.commit(parcel, stored(staged), never());
      sameBytes(await joined(opened.read(targetId, 0, never())), utf8('the second time'), 'read');
    },
  },
  {
    name: 'commit.in-any-order',
    promise: 'staged parcels keep apart and commit in any order, one of them in the middle of a stage',
    run: async (stage) => {
      const opened = await stage.target();
      for (const order of ORDERS) await commitInOrder(opened, order);
      const paths = ORDERS.flatMap((order) => [...order, BESIDE].map((name) => `${order}/${name}`));
      await requireOnly(stage, opened, paths.sort());
    },
  },
  {
    name: 'commit.conflict',
    promise: 'other content under the same name fails with ITEM_CONFLICT and replaces nothing',
    run: async ({ target }) => {
      const opened = await target();
      const { targetId } = await deliver(opened, 'a', utf8('first'));
      await fails('ITEM_CONFLICT', () => deliver(opened, 'a', utf8('other')), 'equal size');
      await fails('ITEM_CONFLICT', () => deliver(opened, 'a', utf8('another one')), 'other size');
      sameBytes(await joined(opened.read(targetId, 0, never())), utf8('first'), 'what was there');
    },
  },
  {
    name: 'commit.side-by-side',
    promise: 'parcels that are staged and committed at once, into folders that nobody made, all arrive, each as it is',
    run: async (stage) => {
      const opened = await stage.target();
      const atOnce = Math.min(AT_ONCE_MAX, stage.connector.capabilities.concurrencyMax);
      const parcels = Array.from({ length: ROUNDS * atOnce }, (_, at) => {
        const bytes = utf8(`the content of ${at}`);
        return { parcel: bytesParcel(`new ${Math.floor(at / atOnce)}/${DEEP}/${at}.txt`, bytes), bytes };
      });
      for (let at = 0; at < parcels.length; at += atOnce) {
        const group = parcels.slice(at, at + atOnce);
        const staging = group.map(async (each) => ({
          ...each,
          staged: stored(await opened.stage(each.parcel, once(each.bytes), never())),
        }));
        const landing = (await together(staging, 'staged')).map(async ({ staged, ...each }) => ({
          ...each,
          receipt: await opened.commit(each.parcel, staged, never()),
        }));
        for (const { bytes, parcel, receipt } of await together(landing, 'committed')) {
          sameBytes(await joined(opened.read(receipt.targetId, 0, never())), bytes, parcel.path);
        }
      }
      await requireOnly(stage, opened, parcels.map(({ parcel }) => parcel.path).sort());
    },
  },
  {
    name: 'commit.together',
    promise: 'the same parcel committed twice at once is there once, and both are told so',
    needs: ['sight'],
    run: async (stage) => {
      const opened = await stage.target();
      const parcel = bytesParcel('a', utf8('at once'));
      const staged = stored(await opened.stage(parcel, once(utf8('at once')), never()));
      const receipts = await Promise.all([1, 2].map(() => opened.commit(parcel, staged, never())));
      equal(receipts[0]?.targetId, receipts[1]?.targetId, 'target id');
      await requireOnly(stage, opened, ['a']);
    },
  },
);

const AFTERWARDS: readonly Scenario[] = ofBytesTarget(
  {
    name: 'target-read.from-offset',
    promise: 'reading back begins at its offset',
    unless: ({ capabilities }) => (capabilities.resumeRead ? undefined : 'resumeRead is not declared'),
    run: async ({ target }) => {
      const opened = await target();
      const { targetId } = await deliver(opened, ...LARGE);
      for (const offset of [1, 1_234_567, LARGE[1].byteLength]) {
        sameBytes(await joined(opened.read(targetId, offset, never())), LARGE[1].subarray(offset), `from ${offset}`);
      }
    },
  },
  {
    name: 'target-read.missing',
    promise: 'reading what was never committed fails with ITEM_NOT_FOUND',
    run: async ({ target }) => {
      const opened = await target();
      const { targetId } = await deliver(opened, 'there', utf8('x'));
      const missing = targetId.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
      await fails('ITEM_NOT_FOUND', () => joined(opened.read(missing, 0, never())), 'read');
    },
  },
  {
    name: 'listing.committed',
    promise: 'the listing shows what was committed, once, with its size, and nothing that is only staged',
    unless: ({ capabilities }) => (capabilities.listing ? undefined : 'listing is not declared'),
    run: async ({ target }) => {
      const opened = await target();
      await opened.stage(bytesParcel('staged-only', utf8('hidden')), once(utf8('hidden')), never());
      for (const [path, bytes] of SAMPLES) await deliver(opened, path, bytes);
      const listed = await all(opened.listing?.items(never()) ?? nothing());
      equal(listed.map((each) => each.key).sort(), SAMPLES.map(([path]) => path).sort(), 'keys');
      for (const { key, sizeBytes } of listed) {
        const size = SAMPLES.find(([path]) => path === key)?.[1].byteLength;
        if (sizeBytes !== undefined) equal(sizeBytes, size, `size of ${key}`);
      }
    },
  },
  {
    name: 'listing.declared',
    promise: 'a listing is there if and only if it is declared',
    run: async ({ connector, target }) =>
      equal((await target()).listing !== undefined, connector.capabilities.listing, 'listing'),
  },
  {
    name: 'roles.agree',
    promise: 'where it has both roles, a source lists what was committed and never what is only staged',
    unless: ({ roles }) => (roles.length === 2 ? undefined : 'it has one role only'),
    needs: ['items'],
    run: async ({ source, target }) => {
      const opened = await target();
      const reader = await source();
      for (const [path, bytes] of SAMPLES) {
        const parcel = bytesParcel(path, bytes);
        const staged = await opened.stage(parcel, once(bytes), never());
        const before = (await all(reader.list(never()))).map((item) => item.path);
        equal(before.includes(path), false, `${path} is listed while staged`);
        await opened.commit(parcel, staged, never());
      }
      const items = await all(reader.list(never()));
      equal(items.map((item) => item.path).sort(), SAMPLES.map(([path]) => path).sort(), 'listed');
    },
  },
);

export const COMMITTING: readonly Scenario[] = [...COMMITS, ...AFTERWARDS];

/** Stages and commits, as a migration does. */
export async function deliver(target: Target, path: string, bytes: Uint8Array): Promise<Receipt> {
  const parcel = bytesParcel(path, bytes);
  return target.commit(parcel, stored(await target.stage(parcel, once(bytes), never())), never());
}

/** As the host's database would hand it back. */
export function stored(staged: Staged): Staged {
  return JSON.parse(JSON.stringify(staged)) as Staged;
}

/** Exactly these paths are there, as far as the target or its owner can tell. */
export async function requireOnly({ place }: Stage, target: Target, paths: readonly string[]): Promise<void> {
  if (target.listing !== undefined) {
    equal((await all(target.listing.items(never()))).map(({ key }) => key).sort(), paths, 'listed');
  }
  if (place.held !== undefined) equal((await place.held()).map(({ path }) => path).sort(), paths, 'held');
}

/** Stages a, b, c and commits them in this order, the first in the middle of a stage, of what is committed last. */
async function commitInOrder(target: Target, order: (typeof ORDERS)[number]): Promise<void> {
  const parcelOf = (path: string) => bytesParcel(path, utf8(path));
  const stageAs = async (path: string, bytes = once(utf8(path))): Promise<Staged> =>
    stored(await target.stage(parcelOf(path), bytes, never()));
  const commit = async (path: string, staged: Staged | undefined): Promise<void> => {
    holds(staged !== undefined, 'nothing staged');
    const { targetId } = await target.commit(parcelOf(path), staged, never());
    sameBytes(await joined(target.read(targetId, 0, never())), utf8(path), path);
  };
  const paths = ['a', 'b', 'c'].map((name) => `${order}/${name}`);
  const staged = await together(
    paths.map((path) => stageAs(path)),
    'staged',
  );
  const [first = '', ...others] = [...order].map((name) => `${order}/${name}`);
  const commitNow = (path: string): Promise<void> => commit(path, staged[paths.indexOf(path)]);
  let begin = (): void => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const beside = `${order}/${BESIDE}`;
  const interrupted = async function* (): AsyncGenerator<Uint8Array> {
    yield utf8(beside).subarray(0, 5);
    begin();
    await new Promise((resolve) => setImmediate(resolve));
    yield utf8(beside).subarray(5);
  };
  const staging = stageAs(beside, interrupted()).finally(begin);
  await together<Staged | void>([staging, begun.then(() => commitNow(first))], 'staged and committed');
  for (const path of others) await commitNow(path);
  await commit(beside, await staging);
}

/** Waits for all of them, so that none goes on when the place is taken away. */
async function together<T>(all: readonly Promise<T>[], what: string): Promise<readonly T[]> {
  const ends = await Promise.allSettled(all);
  return ends.map((end) => {
    if (end.status === 'fulfilled') return end.value;
    const { code, message } = end.reason as { readonly code?: unknown; readonly message?: unknown };
    throw new Error(`one of ${all.length} that were ${what} at once failed: ${code ?? message}`, { cause: end.reason });
  });
}

async function* nothing(): AsyncGenerator<never> {}
