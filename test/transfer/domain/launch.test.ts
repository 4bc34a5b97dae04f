import { expect, test } from '@jest/globals';
import type { Actor } from '../../../kernel/actor.ts';
import { requestDigest } from '../../../kernel/approval.ts';
import { sha256 } from '../../../kernel/digest.ts';
import type { BatchState } from '../../../subgraphs/transfer/domain/batch.ts';
import {
  decideLaunch,
  decideLaunchApproval,
  type LaunchFacts,
  type LaunchGrounds,
  launchRequest,
} from '../../../subgraphs/transfer/domain/launch.ts';
import { transferPolicy } from '../../../subgraphs/transfer/domain/plan.ts';

const NOON = new Date('2026-11-01T12:00:00.000Z');
const person = (id: string): Actor => ({ type: 'user', id, roles: ['operator', 'approver'] });
const end = { connector: 'memory', config: {}, secrets: {} } as LaunchFacts['ends']['source'];
const documents = { plan: sha256('plan'), policy: sha256('policy'), lineage: sha256('the corrected map') };
const facts: LaunchFacts = {
  ...{ batchId: 'bat-1', survey: sha256('survey'), ...documents },
  ...{ ends: { source: end, target: end } as LaunchFacts['ends'], items: 1, bytes: 1 },
};
const standing = {
  readiness: { ready: true, blocking: [], expiresAt: null },
  documents,
  declared: documents,
  now: NOON,
};

/** The codes a remedy is refused with when it is launched, none when it may go. */
function launched(state: BatchState, approval: object, grounds: Partial<LaunchGrounds>): readonly string[] {
  const policy = transferPolicy({ approval: { ...approval } });
  const next = decideLaunch(
    { id: 'bat-1', state },
    { standing, policy, facts, approved: undefined, isCorrected: true, ...grounds },
  );
  return next.ok ? [] : next.refusals.map(({ code }) => code);
}

const MAPS_ALONE = { launch: 'not-required', lineage: 'required' };
const proposed = (of: LaunchFacts) => ({ digest: requestDigest(launchRequest(of, 'olga')), proposedBy: 'olga' });

test('a corrected map waits for a second person where the policy asks for that of maps alone', () => {
  expect(launched('planned', MAPS_ALONE, { isCorrected: false })).toEqual([]);
  expect(launched('planned', MAPS_ALONE, {})).toEqual(['BATCH_STATE']);
  expect(launched('approved', MAPS_ALONE, { approved: proposed(facts) })).toEqual([]);
  expect(launched('planned', { launch: 'not-required', lineage: 'not-required' }, {})).toEqual([]);
});

test('what is approved is this map: with another one it is another request', () => {
  const other = { ...facts, lineage: sha256('another map') };
  expect(launched('approved', MAPS_ALONE, { approved: proposed(other) })).toEqual(['REQUEST_CHANGED']);
  const asked = { id: 'bat-1', state: 'proposed' } as const;
  const approve = (of: LaunchFacts, approver: Actor) => {
    const decided = decideLaunchApproval(asked, proposed(facts), of, approver, NOON);
    return decided.ok ? [] : decided.refusals.map(({ code }) => code);
  };
  expect(approve(facts, person('anna'))).toEqual([]);
  expect(approve(facts, person('olga'))).toEqual(['MAKER_IS_CHECKER']);
  expect(approve(other, person('anna'))).toEqual(['REQUEST_CHANGED']);
});
