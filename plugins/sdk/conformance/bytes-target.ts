import type { Connector } from '../connector.ts';
import type { Parcel, Receipt, Staged, Target } from '../target.ts';
import { all, equal, failure, fails, holds, joined, once, sameBytes, utf8 } from './expect.ts';
import { never, rule, type Harness, type Stage } from './harness.ts';
import { bytesParcel, HOSTILE_PATHS, LARGE, SAMPLES } from './samples.ts';

type Add = (name: string, body: (stage: Stage) => Promise<void>, unless?: string) => void;

/** What a target of whole items promises. */
export function describeBytesTarget<Config>(connector: Connector<Config>, harness: Harness): void {
  const { capabilities } = connector;
  const absent = capabilities.shapes.includes('bytes') ? undefined : 'it takes no bytes';
  const add: Add = (name, body, unless) => rule(connector, harness, `bytes target: ${name}`, body, absent ?? unless);
  describeOrder(add);
  describeRefusals(add);
  add('a stage reports what the target holds', async ({ target }) => {
    const opened = await target();
    const staged = await opened.stage(bytesParcel(...LARGE), once(LARGE[1]), never());
    equal(staged.sizeBytes, LARGE[1].byteLength, 'sizeBytes');
    equal(staged.sha256, capabilities.remoteDigest ? await sha256(LARGE[1]) : undefined, 'sha256');
  });
  add(
    'a read begins at its offset',
    async ({ target }) => {
      const opened = await target();
      const { targetId } = await deliver(opened, ...LARGE);
      for (const offset of [1, 1_234_567, LARGE[1].byteLength]) {
        sameBytes(await joined(opened.read(targetId, offset, never())), LARGE[1].subarray(offset), `from ${offset}`);
      }
    },
    capabilities.resumeRead ? undefined : 'resumeRead is not declared',
  );
  add(
    'the listing shows what was committed, once, and nothing that is only staged',
    async ({ target }) => {
      const opened = await target();
      await opened.stage(bytesParcel('staged-only', utf8('hidden')), once(utf8('hidden')), never());
      for (const [path, bytes] of SAMPLES) await deliver(opened, path, bytes);
      const listed = await all(opened.listing?.items(never()) ?? nothing());
      equal(listed.map((each) => each.key).sort(), SAMPLES.map(([path]) => path).sort(), 'keys');
    },
    capabilities.listing ? undefined : 'listing is not declared',
  );
  add('a listing is there if and only if it is declared', async ({ target }) => {
    equal((await target()).listing !== undefined, capabilities.listing, 'listing');
  });
}

/** Stage, compare, commit: in any order and any number of times. */
function describeOrder(add: Add): void {
  for (const [path, bytes] of SAMPLES) {
    add(`${JSON.stringify(path)} is unseen until it is committed, then reads back`, async ({ target }) => {
      const opened = await target();
      const parcel = bytesParcel(path, bytes);
      const staged = stored(await opened.stage(parcel, once(bytes), never()));
      equal(await opened.stat(parcel, never()), undefined, 'the look-up before the commit');
      const { targetId } = await opened.commit(parcel, staged, never());
      sameBytes(await joined(opened.read(targetId, 0, never())), bytes, path);
    });
  }
  add('what was staged is committed after a restart, and again after another', async ({ target }) => {
    const [path, bytes] = LARGE;
    const parcel = bytesParcel(path, bytes);
    const staged = stored(await (await target()).stage(parcel, once(bytes), never()));
    const receipt = await (await target()).commit(parcel, staged, never());
    const reopened = await target();
    equal(await reopened.commit(parcel, staged, never()), receipt, 'the second receipt');
    const found = await reopened.stat(parcel, never());
    if (found !== undefined) equal(found.targetId, receipt.targetId, 'the look-up after the commit');
  });
  add('the same parcel delivered twice is there once', async ({ target }) => {
    const opened = await target();
    const first = await deliver(opened, 'a/b', utf8('once'));
    const second = await deliver(await target(), 'a/b', utf8('once'));
    equal(second.targetId, first.targetId, 'target id');
    if (opened.listing !== undefined) equal((await all(opened.listing.items(never()))).length, 1, 'listed');
  });
  add('a parcel staged twice is committed once', async ({ target }) => {
    const opened = await target();
    const [parcel, bytes] = [bytesParcel('a', utf8('twice')), utf8('twice')];
    await opened.stage(parcel, once(bytes), never());
    const staged = await opened.stage(parcel, once(bytes), never());
    const { targetId } = await opened.commit(parcel, stored(staged), never());
    sameBytes(await joined(opened.read(targetId, 0, never())), bytes, 'read');
  });
  add('two staged parcels keep apart and commit in either order', async ({ target }) => {
    const opened = await target();
    const [a, b] = [bytesParcel('a', utf8('1')), bytesParcel('b', utf8('2'))];
    const stagedA = await opened.stage(a, once(utf8('1')), never());
    const stagedB = await opened.stage(b, once(utf8('2')), never());
    const receiptB = await opened.commit(b, stored(stagedB), never());
    const receiptA = await opened.commit(a, stored(stagedA), never());
    sameBytes(await joined(opened.read(receiptA.targetId, 0, never())), utf8('1'), 'a');
    sameBytes(await joined(opened.read(receiptB.targetId, 0, never())), utf8('2'), 'b');
  });
}

function describeRefusals(add: Add): void {
  add('other content under the same name fails with ITEM_CONFLICT and replaces nothing', async ({ target }) => {
    const opened = await target();
    const { targetId } = await deliver(opened, 'a', utf8('first'));
    await fails('ITEM_CONFLICT', () => deliver(opened, 'a', utf8('other')), 'equal size');
    await fails('ITEM_CONFLICT', () => deliver(opened, 'a', utf8('another one')), 'other size');
    sameBytes(await joined(opened.read(targetId, 0, never())), utf8('first'), 'what was there');
  });
  add('a broken stream and a discarded parcel leave nothing to see', async ({ target }) => {
    const opened = await target();
    const parcel = bytesParcel('a', utf8('x'));
    await failure(() => opened.stage(parcel, broken(), never()), 'stage');
    const staged = await opened.stage(parcel, once(utf8('x')), never());
    await opened.discard(staged, never());
    await opened.discard(staged, never());
    equal(await opened.stat(parcel, never()), undefined, 'look-up');
    if (opened.listing !== undefined) equal(await all(opened.listing.items(never())), [], 'listed');
  });
  add('a stage that is stopped leaves nothing to see', async ({ target }) => {
    const opened = await target();
    const stop = new AbortController();
    stop.abort();
    await failure(() => opened.stage(bytesParcel('a', utf8('x')), once(utf8('x')), stop.signal), 'stage');
    equal(await opened.stat(bytesParcel('a', utf8('x')), never()), undefined, 'look-up');
  });
  add('a path that leaves the root fails with PATH_REFUSED', async ({ target }) => {
    const opened = await target();
    for (const path of HOSTILE_PATHS) {
      const parcel = bytesParcel(path, utf8('x'), 'hostile');
      await fails('PATH_REFUSED', () => opened.stage(parcel, once(utf8('x')), never()), JSON.stringify(path));
    }
  });
  add('reading what was never committed fails with ITEM_NOT_FOUND', async ({ target }) => {
    const opened = await target();
    const { targetId } = await deliver(opened, 'there', utf8('x'));
    const missing = targetId.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    await fails('ITEM_NOT_FOUND', () => joined(opened.read(missing, 0, never())), 'read');
  });
}

async function deliver(target: Target, path: string, bytes: Uint8Array): Promise<Receipt> {
  const parcel: Parcel = bytesParcel(path, bytes);
  return target.commit(parcel, stored(await target.stage(parcel, once(bytes), never())), never());
}

/** As the host's database would hand it back. */
function stored(staged: Staged): Staged {
  return JSON.parse(JSON.stringify(staged)) as Staged;
}

async function* broken(): AsyncGenerator<Uint8Array> {
  yield utf8('half of ');
  throw new Error('the cable was pulled');
}

async function* nothing(): AsyncGenerator<never> {}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes)));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
