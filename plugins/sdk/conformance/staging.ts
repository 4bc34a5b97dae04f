/** What staging a parcel promises: durable, reported truly, and seen by nobody. */
import type { Connector } from '../connector.ts';
import type { Target } from '../target.ts';
import { all, equal, failure, fails, holds, joined, once, utf8 } from './expect.ts';
import { largeBytesOf } from './harness.ts';
import { LARGE_ITEM_BYTES, STAGED_MAX_BYTES } from './limits.ts';
import { patterned, requireBounded } from './memory.ts';
import { never } from './perform.ts';
import { bytesParcel, CANARY, HOSTILE_PATHS, LARGE, SAMPLES } from './samples.ts';
import { ofBytesTarget, type Scenario, type Stage } from './scenario.ts';

const SMALL = utf8('a small item');

export const STAGING: readonly Scenario[] = ofBytesTarget(
  {
    name: 'stage.reports',
    promise: 'a stage reports the size, and where declared the SHA-256, of what the target holds',
    run: async ({ connector, target }) => {
      const opened = await target();
      for (const [path, bytes] of SAMPLES) {
        const staged = await opened.stage(bytesParcel(path, bytes), once(bytes), never());
        equal(staged.sizeBytes, bytes.byteLength, `sizeBytes of ${path}`);
        const expected = connector.capabilities.remoteDigest ? await sha256(bytes) : undefined;
        equal(staged.sha256, expected, `sha256 of ${path}`);
      }
    },
  },
  {
    name: 'stage.token',
    promise: 'what a stage returns is small plain JSON under the key of its parcel, without contents',
    run: async ({ target }) => {
      const opened = await target();
      for (const [path, bytes] of SAMPLES) {
        const parcel = bytesParcel(path, bytes);
        const staged = await opened.stage(parcel, once(bytes), never());
        const text = JSON.stringify(staged);
        equal(JSON.parse(text), staged, 'the token after a round through JSON');
        equal(staged.key, parcel.key, 'key');
        const isPlain = Object.values(staged.state).every((each) => /^(string|number|boolean)$/.test(typeof each));
        holds(isPlain, 'the state holds more than texts, numbers and booleans');
        holds(text.length <= STAGED_MAX_BYTES, `the token has ${text.length} characters`);
        holds(!text.includes(CANARY), 'the token quotes the contents');
      }
    },
  },
  {
    name: 'stage.unseen',
    promise: 'what is staged, wholly or by half, is seen by no reader',
    needs: ['sight'],
    run: async (stage) => {
      const opened = await stage.target();
      const parcel = bytesParcel('a.txt', SMALL);
      const halfway = async function* (): AsyncGenerator<Uint8Array> {
        yield SMALL.subarray(0, 5);
        await requireUnseen(stage, opened, 'half staged');
        yield SMALL.subarray(5);
      };
      await opened.stage(parcel, halfway(), never());
      equal(await opened.stat(parcel, never()), undefined, 'the look-up of what is staged');
      await requireUnseen(stage, opened, 'staged');
    },
  },
  {
    name: 'stage.in-spool',
    promise: 'what waits in the spool after a stage is declared, so that it is sent from there within the caps',
    run: async ({ connector, context, target }) => {
      const parcel = bytesParcel('a.txt', SMALL);
      await (await target()).stage(parcel, once(SMALL), never());
      const spooled = await joined(context.spool.read(parcel.key)).catch(() => undefined);
      const isDeclared = connector.capabilities.staging === 'spool';
      holds(spooled === undefined || isDeclared, 'it stages in the spool and does not declare `staging`');
    },
  },
  {
    name: 'stage.broken-stream',
    promise: 'a stream that breaks fails the stage, and leaves nothing to see and nothing in the way',
    run: async (stage) => {
      const opened = await stage.target();
      const parcel = bytesParcel('a.txt', SMALL);
      await failure(() => opened.stage(parcel, broken(), never()), 'stage');
      await requireUnseen(stage, opened, 'broken off');
      equal((await opened.stage(parcel, once(SMALL), never())).sizeBytes, SMALL.byteLength, 'staged afterwards');
    },
  },
  {
    name: 'stage.stopped',
    promise: 'a stage that is stopped stops, before it began and in the middle, and leaves nothing to see',
    run: async (stage) => {
      const opened = await stage.target();
      const parcel = bytesParcel(...LARGE);
      await failure(() => opened.stage(parcel, once(LARGE[1]), AbortSignal.abort()), 'stopped before it began');
      const stop = new AbortController();
      const stopping = async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of patterned(LARGE_ITEM_BYTES)) {
          yield chunk;
          stop.abort();
        }
      };
      await failure(() => opened.stage(parcel, stopping(), stop.signal), 'stopped in the middle');
      equal(await opened.stat(parcel, never()), undefined, 'look-up');
      await requireUnseen(stage, opened, 'stopped');
    },
  },
  {
    name: 'stage.outside',
    promise: 'a path that leaves the root fails with PATH_REFUSED',
    run: async ({ target }) => {
      const opened = await target();
      for (const path of HOSTILE_PATHS) {
        const parcel = bytesParcel(path, SMALL, 'hostile');
        await fails(
          'PATH_REFUSED',
          () => opened.stage(parcel, once(SMALL), never()),
          JSON.stringify(path.slice(0, 20)),
        );
      }
    },
  },
  {
    name: 'stage.discarded',
    promise: 'a discarded parcel leaves nothing to see or to commit, and may be discarded again',
    run: async (stage) => {
      const opened = await stage.target();
      const parcel = bytesParcel('a.txt', SMALL);
      const staged = await opened.stage(parcel, once(SMALL), never());
      await opened.discard(staged, never());
      await opened.discard(staged, never());
      equal(await opened.stat(parcel, never()), undefined, 'look-up');
      await fails('ITEM_NOT_FOUND', () => opened.commit(parcel, staged, never()), 'commit');
      await requireUnseen(stage, opened, 'discarded');
    },
  },
  {
    name: 'stage.in-chunks',
    promise: 'a large item is staged in bounded memory',
    unless: (connector) => (holdsInMemory(connector) ? 'the target is the memory of this process' : undefined),
    run: async ({ connector, harness, target }) => {
      const sizeBytes = largeBytesOf(connector, harness);
      const opened = await target();
      const parcel = { ...bytesParcel('large.bin', SMALL), sizeBytes };
      await requireBounded(async (look) => {
        const watched = async function* (): AsyncGenerator<Uint8Array> {
          let sentBytes = 0;
          for await (const chunk of patterned(sizeBytes)) {
            yield chunk;
            sentBytes += chunk.byteLength;
            await look(sentBytes);
          }
        };
        equal((await opened.stage(parcel, watched(), never())).sizeBytes, sizeBytes, 'sizeBytes');
      });
    },
  },
);

function holdsInMemory({ capabilities }: Connector): boolean {
  return capabilities.transport === 'memory';
}

/** Nobody lists it, and its owner finds nothing. */
async function requireUnseen({ connector, place, source }: Stage, target: Target, when: string): Promise<void> {
  if (target.listing !== undefined) equal(await all(target.listing.items(never())), [], `listed while ${when}`);
  if (place.held !== undefined)
    equal(
      (await place.held()).map(({ path }) => path),
      [],
      `seen while ${when}`,
    );
  if (!connector.roles.includes('source')) return;
  equal(await all((await source()).list(never())), [], `listed by a source while ${when}`);
}

async function* broken(): AsyncGenerator<Uint8Array> {
  yield utf8('half of ');
  throw new Error('the cable was pulled');
}

export async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes)));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
