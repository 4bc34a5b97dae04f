/**
 * What a target promises whose receiver gives nothing back (capability `readBack` false): nothing is said to have
 * arrived but what the receiver acknowledged, and nothing is sent twice without need.
 */
import type { Parcel, Receipt, Staged, Target } from '../target.ts';
import { stored } from './committing.ts';
import { equal, failure, fails, holds, joined, once, requireCoded, sameBytes } from './expect.ts';
import { never } from './perform.ts';
import { bytesParcel, CANARY } from './samples.ts';
import { ofAcknowledgedTarget, type Scenario, type Stage } from './scenario.ts';

interface Sending {
  readonly parcel: Parcel;
  readonly body: Uint8Array;
}

function sendingOf({ harness }: Stage, name: string, note = 'nothing'): Sending {
  holds(harness.items !== undefined, 'a target that cannot be read back needs `items` of its harness');
  const body = harness.items.item(name, note);
  return { parcel: { ...bytesParcel(name, body), mediaType: harness.items.mediaType }, body };
}

async function staged(target: Target, { parcel, body }: Sending): Promise<Staged> {
  return stored(await target.stage(parcel, once(body), never()));
}

/** What its owner finds is what was sent: exactly these, in this order. */
async function requireHeld({ place }: Stage, sent: readonly Sending[], when: string): Promise<void> {
  const held = (await place.held?.()) ?? [];
  equal(held.length, sent.length, `how many the receiver has ${when}`);
  for (const [at, { body, parcel }] of sent.entries()) {
    sameBytes(held[at]?.bytes ?? new Uint8Array(), body, parcel.path);
  }
}

async function requireAcknowledged(target: Target, { targetId }: Receipt): Promise<void> {
  const said = await target.acknowledgement?.(targetId, never());
  holds(said !== undefined, 'it does not say what its receiver said');
  equal(said.outcome, 'accepted', 'the acknowledgement of what was acknowledged');
  holds(said.level !== null && /^[A-Za-z0-9 ]{1,20}$/.test(said.code), 'an acknowledgement without level or code');
}

const PROMISES: readonly Scenario[] = ofAcknowledgedTarget(
  {
    name: 'acknowledged.not-read',
    promise:
      'what cannot be read back is not read back: NOT_READABLE, no listing, and ITEM_NOT_FOUND for what never was',
    run: async (stage) => {
      const target = await stage.target();
      const sending = sendingOf(stage, 'a');
      const { targetId } = await target.commit(sending.parcel, await staged(target, sending), never());
      await fails('NOT_READABLE', () => joined(target.read(targetId, 0, never())), 'read');
      await fails('ITEM_NOT_FOUND', () => joined(target.read('never-committed', 0, never())), 'read of nothing');
      equal(target.listing, undefined, 'listing');
      equal(stage.connector.capabilities.listing, false, 'the capability listing');
    },
  },
  {
    name: 'acknowledged.receipt',
    promise: 'a commit that succeeds was acknowledged, and the receiver has exactly what was sent, once',
    needs: ['held'],
    run: async (stage) => {
      const target = await stage.target();
      const sent = ['a', 'b', 'c'].map((name) => sendingOf(stage, name));
      for (const each of sent) {
        const receipt = await target.commit(each.parcel, await staged(target, each), never());
        await requireAcknowledged(await stage.target(), receipt);
      }
      await requireHeld(stage, sent, 'after the commits');
    },
  },
  {
    name: 'acknowledged.staged-unsent',
    promise: 'what is staged is not sent, and the stage says its size and nothing of its contents',
    needs: ['held'],
    run: async (stage) => {
      const target = await stage.target();
      const sending = sendingOf(stage, 'a', CANARY);
      const token = await staged(target, sending);
      equal(token.sizeBytes, sending.body.byteLength, 'sizeBytes');
      holds(!JSON.stringify(token).includes(CANARY), 'the token quotes the contents');
      equal(await target.stat(sending.parcel, never()), undefined, 'the look-up of what is staged');
      await requireHeld(stage, [], 'while it is staged');
    },
  },
  {
    name: 'acknowledged.discarded',
    promise: 'what is discarded is never sent',
    needs: ['held'],
    run: async (stage) => {
      const target = await stage.target();
      const sending = sendingOf(stage, 'a');
      const token = await staged(target, sending);
      await target.discard(token, never());
      await target.discard(token, never());
      await fails('ITEM_NOT_FOUND', () => target.commit(sending.parcel, token, never()), 'commit');
      await requireHeld(stage, [], 'after the discard');
    },
  },
  {
    name: 'acknowledged.after-restart',
    promise: 'what was staged is committed after a restart; committed again, it has its receipt and is not sent again',
    needs: ['held'],
    run: async (stage) => {
      const sending = sendingOf(stage, 'a');
      const token = await staged(await stage.target(), sending);
      const receipt = await (await stage.target()).commit(sending.parcel, token, never());
      const reopened = await stage.target();
      equal(await reopened.commit(sending.parcel, token, never()), receipt, 'the second receipt');
      equal(await reopened.stat(sending.parcel, never()), receipt, 'the look-up');
      await requireHeld(stage, [sending], 'after both');
    },
  },
);

const DOUBTS: readonly Scenario[] = ofAcknowledgedTarget(
  {
    name: 'acknowledged.refused',
    promise: 'what the receiver refused is ITEM_REFUSED, and has no receipt',
    needs: ['held', 'refused'],
    run: async (stage) => {
      const target = await stage.target();
      const sending = sendingOf(stage, 'a');
      const token = await staged(target, sending);
      await stage.trouble({ kind: 'refused' });
      await fails('ITEM_REFUSED', () => target.commit(sending.parcel, token, never()), 'commit');
      equal(await (await stage.target()).stat(sending.parcel, never()), undefined, 'the look-up');
      await requireHeld(stage, [], 'after it was refused');
    },
  },
  ...(['other-answered', 'garbled'] as const).map(
    (kind): Scenario => ({
      name: `acknowledged.${kind}`,
      promise:
        kind === 'garbled'
          ? 'an answer that nobody understands is no acknowledgement: the commit is ambiguous'
          : 'an answer to something else is no acknowledgement: the commit is ambiguous',
      needs: [kind],
      run: async (stage) => {
        const target = await stage.target();
        const sending = sendingOf(stage, 'a');
        const token = await staged(target, sending);
        await stage.trouble({ kind });
        await fails('OUTCOME_UNKNOWN', () => target.commit(sending.parcel, token, never()), 'commit');
        equal(await (await stage.target()).stat(sending.parcel, never()), undefined, 'the look-up');
      },
    }),
  ),
  ...[true, false].map(
    (landed): Scenario => ({
      name: landed ? 'acknowledged.lost-answer' : 'acknowledged.lost-commit',
      promise: landed
        ? 'a commit that landed without an answer is ambiguous; repeated, the receiver has it once or people are asked'
        : 'a commit that never arrived is not said to have; repeated, the receiver has it or people are asked',
      needs: ['held', 'lost-commit'],
      run: async (stage) => {
        const target = await stage.target();
        const sending = sendingOf(stage, 'a');
        const token = await staged(target, sending);
        await stage.trouble({ kind: 'lost-commit', landed });
        const error = await failure(() => target.commit(sending.parcel, token, never()), 'commit');
        const { code, retry } = requireCoded(error, 'a commit without an answer');
        const isHonest = retry === 'ambiguous' || (!landed && retry === 'transient');
        holds(isHonest, `${code} after a commit without an answer, which is neither known to have landed nor not`);
        await stage.place.over?.();
        await repeat(stage, sending, token, landed);
      },
    }),
  ),
  {
    name: 'acknowledged.telling-peer',
    promise: 'a receiver that quotes a patient in its refusal is not repeated',
    needs: ['telling-failure'],
    run: async (stage) => {
      const target = await stage.target();
      const sending = sendingOf(stage, 'a', CANARY);
      const token = await staged(target, sending);
      await stage.trouble({ kind: 'telling-failure', words: `cannot store ${CANARY}` });
      const error = await failure(() => target.commit(sending.parcel, token, never()), 'commit');
      const { message, stack = '' } = requireCoded(error, 'a commit that was refused');
      const told = [message, stack, ...stage.logged].join('\n');
      holds(!told.includes(CANARY), 'what the receiver said of a patient is told');
    },
  },
);

export const ACKNOWLEDGING: readonly Scenario[] = [...PROMISES, ...DOUBTS];

/** As the host does it; who will not send twice has to say so. */
async function repeat(stage: Stage, sending: Sending, token: Staged, landed: boolean): Promise<void> {
  const target = await stage.target();
  equal(await target.stat(sending.parcel, never()), undefined, 'the look-up of what nobody acknowledged');
  const outcome = await target.commit(sending.parcel, token, never()).then(
    (receipt) => ({ receipt }),
    (error: unknown) => ({ error }),
  );
  if ('receipt' in outcome) {
    await requireAcknowledged(target, outcome.receipt);
    return requireHeld(stage, [sending], 'after it was repeated');
  }
  equal(requireCoded(outcome.error, 'a commit that is not repeated').code, 'DELIVERY_IN_DOUBT', 'code');
  await requireHeld(stage, landed ? [sending] : [], 'after nothing was repeated');
}
