/** What holds when the network, the peer or a credential fails: nothing lost, nothing twice, nothing pretended. */
import type { Connector } from '../connector.ts';
import type { Parcel, Receipt, Staged, Target } from '../target.ts';
import { concat, equal, failure, fails, holds, joined, once, requireCoded, sameBytes, within } from './expect.ts';
import { PATIENCE_MS } from './limits.ts';
import { deliver, requireOnly, stored } from './committing.ts';
import { reasonFor } from './harness.ts';
import { put } from './listing.ts';
import { never } from './perform.ts';
import { bytesParcel, LARGE } from './samples.ts';
import { type Scenario, type Stage, unreadable } from './scenario.ts';
import { requireThere, saysAll, shipmentFor, targetOf } from './shipment.ts';

/** Inside the first answer, inside the data, and close to its end. */
const CUTS_BYTES = [1, 70_000, LARGE[1].byteLength - 10_000] as const;
const SLOW_BYTES_PER_SECOND = 4_000_000;

const READS: readonly Scenario[] = [
  {
    name: 'fault.cut-read',
    promise: 'a read whose connection breaks never ends as if it were whole, and goes on from where it broke',
    needs: ['cut'],
    run: async (stage) => {
      for (const afterBytes of CUTS_BYTES) {
        const read = await reader(stage);
        await stage.trouble({ kind: 'cut', afterBytes });
        const got: Uint8Array[] = [];
        const reading = async (): Promise<void> => {
          for await (const chunk of read(0, never())) got.push(Uint8Array.from(chunk));
        };
        const error = await reading().then(
          () => undefined,
          (reason: unknown) => requireCoded(reason, 'a read that was cut'),
        );
        await stage.place.over?.();
        const position = got.reduce((total, chunk) => total + chunk.byteLength, 0);
        sameBytes(concat(got), LARGE[1].subarray(0, position), `what came before the cut after ${afterBytes}`);
        if (error === undefined) equal(position, LARGE[1].byteLength, 'the size of a read that ended well');
        else equal(error.retry, 'transient', `${error.code} after the cut`);
        const from = stage.connector.capabilities.resumeRead ? position : 0;
        const rest = await joined((await reader(stage))(from, never()));
        sameBytes(rest, LARGE[1].subarray(from), `what came from ${from} on`);
      }
    },
  },
  {
    name: 'fault.cut-tls',
    promise: 'a TLS connection that ends without its closing message is not the end of an item',
    needs: ['cut-tls'],
    run: async (stage) => {
      const read = await reader(stage);
      await stage.trouble({ kind: 'cut-tls' });
      const error = await failure(() => joined(read(0, never())), 'a read that was cut');
      equal(requireCoded(error, 'a read that was cut').retry, 'transient', 'retry');
    },
  },
  {
    name: 'fault.slow',
    promise: 'a slow peer delivers every byte all the same',
    needs: ['slow'],
    run: async (stage) => {
      const read = await reader(stage);
      await stage.trouble({ kind: 'slow', bytesPerSecond: SLOW_BYTES_PER_SECOND });
      sameBytes(await joined(read(0, never())), LARGE[1], LARGE[0]);
    },
  },
  {
    name: 'fault.silence',
    promise: 'a read from a peer that fell silent ends when it is stopped',
    needs: ['silence'],
    run: async (stage) => {
      const read = await reader(stage);
      await joined(read(0, never()));
      await stage.trouble({ kind: 'silence' });
      const stop = new AbortController();
      const reading = failure(() => joined(read(0, stop.signal)), 'a read from nobody');
      // The question has left by then, where there is a network.
      await new Promise((resolve) => setImmediate(resolve));
      stop.abort();
      await within(stage.harness.patienceMs ?? PATIENCE_MS, reading, 'a read that was stopped');
    },
  },
];

type Reads = (offsetBytes: number, signal: AbortSignal) => AsyncIterable<Uint8Array>;

/** Reads the large sample: as a source, or as a target that reads back what it was given. */
async function reader(stage: Stage): Promise<Reads> {
  const { connector, harness } = stage;
  if (connector.roles.includes('source') && reasonFor('items', connector, harness) === undefined) {
    await put(stage, ...LARGE);
    const source = await stage.source();
    return (offsetBytes, signal) => source.read(LARGE[0], offsetBytes, signal);
  }
  const target = await stage.target();
  const { targetId } = await deliver(target, ...LARGE);
  return (offsetBytes, signal) => target.read(targetId, offsetBytes, signal);
}

const WRITES: readonly Scenario[] = ofTarget(
  {
    name: 'fault.cut-stage',
    promise: 'a stage whose connection breaks fails, leaves nothing to see, and may begin again',
    needs: ['cut-upload'],
    run: async (stage) => {
      const target = await stage.target();
      await stage.trouble({ kind: 'cut-upload', afterBytes: 100_000 });
      const error = await failure(
        () => target.stage(bytesParcel(...LARGE), once(LARGE[1]), never()),
        'a stage that was cut',
      );
      requireCoded(error, 'a stage that was cut');
      await stage.place.over?.();
      await requireOnly(stage, await stage.target(), []);
      await deliver(await stage.target(), ...LARGE);
      await requireOnly(stage, await stage.target(), [LARGE[0]]);
    },
    unless: ({ capabilities }) => (capabilities.shapes.includes('bytes') ? undefined : 'it takes no bytes'),
  },
  ...[true, false].map(
    (landed): Scenario => ({
      name: landed ? 'fault.lost-answer' : 'fault.lost-commit',
      promise: landed
        ? 'a commit that landed and got no answer is ambiguous; looked up and repeated, it is there once'
        : 'a commit that never arrived is not said to have; looked up and repeated, it is there',
      needs: ['lost-commit'],
      run: async (stage) => {
        const { parcel, body } = shipmentFor(stage);
        const target = await stage.target();
        const staged = stored(await target.stage(parcel, once(body), never()));
        await stage.trouble({ kind: 'lost-commit', landed });
        const outcome = await settled(target.commit(parcel, staged, never()));
        await stage.place.over?.();
        if (!('receipt' in outcome)) {
          const { code, retry } = requireCoded(outcome.error, 'a commit without an answer');
          const isHonest = retry === 'ambiguous' || (!landed && retry === 'transient');
          holds(isHonest, `${code} after a commit without an answer, which is neither known to have landed nor not`);
        }
        const receipt = 'receipt' in outcome ? outcome.receipt : await settle(await stage.target(), parcel, staged);
        await requireThere(stage, await stage.target(), parcel, receipt, body);
      },
    }),
  ),
  {
    name: 'fault.forgotten-stage',
    promise: 'what was staged and did not survive a restart is said to be gone; staged again, it is there once',
    run: async (stage) => {
      const { parcel, body } = shipmentFor(stage);
      const staged = stored(await (await stage.target()).stage(parcel, once(body), never()));
      await stage.forget();
      const target = await stage.target();
      const outcome = await settled(target.commit(parcel, staged, never()));
      if ('error' in outcome) {
        const { code } = requireCoded(outcome.error, 'a commit of what is gone');
        equal(code, 'ITEM_NOT_FOUND', 'the code of a commit of what is gone');
        const again = stored(await target.stage(parcel, once(body), never()));
        return requireThere(stage, target, parcel, await target.commit(parcel, again, never()), body);
      }
      await requireThere(stage, target, parcel, outcome.receipt, body);
    },
  },
  {
    name: 'fault.stored-short',
    promise:
      'a peer that keeps less than it was sent is found out: by a failure, the size that is reported, or the read-back',
    needs: ['stored-short'],
    run: async (stage) => {
      const { parcel, body } = shipmentFor(stage);
      const target = await stage.target();
      await stage.trouble({ kind: 'stored-short', keptBytes: body.byteLength - 3 });
      const staging = await settled(target.stage(parcel, once(body), never()));
      if ('error' in staging) return void requireCoded(staging.error, 'a stage that was cut short');
      const { sizeBytes } = staging.receipt;
      if (sizeBytes !== body.byteLength) return equal(sizeBytes, body.byteLength - 3, 'the size that is reported');
      const outcome = await settled(target.commit(parcel, stored(staging.receipt), never()));
      if ('error' in outcome) return void requireCoded(outcome.error, 'a commit that was cut short');
      const read = await settled(joined(target.read(targetOf(outcome.receipt), 0, never())));
      holds('error' in read || !saysAll(read.receipt, body), 'what the peer cut off is read back');
    },
  },
);

const PEERS: readonly Scenario[] = ofTarget(
  {
    name: 'fault.expired-token',
    promise:
      'a credential that expires in the middle fails with AUTH_FAILED, and the same parcel goes on with a new one',
    needs: ['expired-token'],
    run: async (stage) => {
      const { parcel, body } = shipmentFor(stage);
      const target = await stage.target();
      const staged = stored(await target.stage(parcel, once(body), never()));
      await stage.trouble({ kind: 'expired-token' });
      await fails('AUTH_FAILED', () => target.commit(parcel, staged, never()), 'commit');
      await stage.place.over?.();
      const reopened = await stage.target();
      const receipt = await reopened.commit(parcel, staged, never());
      await requireThere(stage, reopened, parcel, receipt, body);
    },
  },
  {
    name: 'fault.error-in-200',
    promise: 'a failure inside an answer of success is a failure',
    needs: ['error-in-200'],
    run: async (stage) => {
      const { parcel, body } = shipmentFor(stage);
      const target = await stage.target();
      const staged = stored(await target.stage(parcel, once(body), never()));
      await stage.trouble({ kind: 'error-in-200' });
      requireCoded(await failure(() => target.commit(parcel, staged, never()), 'commit'), 'a commit that failed');
    },
  },
  {
    name: 'fault.rate-limit',
    promise: 'being asked to come back later is RATE_LIMITED, with the wait that was asked for',
    needs: ['rate-limit'],
    run: async (stage) => {
      const { parcel, body } = shipmentFor(stage);
      const target = await stage.target();
      const staged = stored(await target.stage(parcel, once(body), never()));
      await stage.trouble({ kind: 'rate-limit', retryAfterSeconds: 7 });
      const error = await fails('RATE_LIMITED', () => target.commit(parcel, staged, never()), 'commit');
      equal(error.retryAfterMs, 7_000, 'retryAfterMs');
    },
  },
);

export const ENDURING: readonly Scenario[] = [...READS.map(ofReadable), ...WRITES, ...PEERS];

/** Reads of an item: of a source, or of a target that gives back what it took. */
function ofReadable(scenario: Scenario): Scenario {
  const hasItems = ({ capabilities, roles }: Connector) =>
    roles.includes('source') || capabilities.shapes.includes('bytes');
  return { ...scenario, unless: (it) => unreadable(it) ?? (hasItems(it) ? undefined : 'it has no items to read') };
}

function ofTarget(...scenarios: readonly Scenario[]): readonly Scenario[] {
  return scenarios.map((each) => ({
    ...each,
    unless: (it) => (it.roles.includes('target') ? (unreadable(it) ?? each.unless?.(it)) : 'it is no target'),
  }));
}

type Settled<T> = { readonly receipt: T } | { readonly error: unknown };

function settled<T>(work: Promise<T>): Promise<Settled<T>> {
  return work.then(
    (receipt) => ({ receipt }),
    (error: unknown) => ({ error }),
  );
}

/** As the host does it: looks up, and commits again only when nothing is found. */
async function settle(target: Target, parcel: Parcel, staged: Staged): Promise<Receipt> {
  return (await target.stat(parcel, never())) ?? target.commit(parcel, staged, never());
}
