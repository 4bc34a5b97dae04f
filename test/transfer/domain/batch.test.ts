import { describe, expect, test } from '@jest/globals';
import {
  advance,
  BATCH_STATES,
  type BatchAct,
  type BatchState,
  isAtWork,
  planAgain,
  resumption,
  TRANSITIONS,
} from '../../../subgraphs/transfer/domain/batch.ts';

const ACTS = Object.keys(TRANSITIONS) as BatchAct[];

describe('the table of transitions', () => {
  test.each(ACTS.flatMap((act) => BATCH_STATES.map((state) => [act, state] as const)))(
    '%s of a batch that is %s leads on or says what would',
    (act, state) => {
      const outcome = advance({ id: 'bat-1', state }, act);
      if (outcome.ok) {
        expect(outcome.value).toBe(TRANSITIONS[act].to);
        return;
      }
      expect(outcome.refusals).toHaveLength(1);
      expect(outcome.refusals[0]?.code).toBe('BATCH_STATE');
      expect(outcome.refusals[0]?.message).toContain(state);
      expect(outcome.refusals[0]?.remedy).not.toBe('');
    },
  );

  test('reaches every state from planned', () => {
    const reached = new Set<BatchState>(['planned']);
    for (const _ of BATCH_STATES) {
      for (const { from, to } of Object.values(TRANSITIONS))
        if (from.some((state) => reached.has(state))) reached.add(to);
    }
    expect([...reached].toSorted()).toEqual([...BATCH_STATES].toSorted());
  });

  test('leads out of a pause only by resuming, or by planning again what is not sealed', () => {
    const acts = ACTS.filter((act) => TRANSITIONS[act].from.includes('paused'));
    expect(acts).toEqual(['plan-again', 'resume-packing', 'resume-moving']);
    const paused = { id: 'bat-1', state: 'paused' } as const;
    expect(planAgain({ ...paused, phase: 'packing' })).toEqual({ ok: true, value: 'planned' });
    expect(planAgain({ ...paused, phase: 'moving' })).toMatchObject({ ok: false, refusals: [{ code: 'BATCH_STATE' }] });
  });

  test('never leads from a sealed batch back to one that is not', () => {
    const launched: readonly BatchState[] = ['sealed', 'moving', 'moved', 'reconciled'];
    for (const { from, to } of Object.values(TRANSITIONS)) {
      if (from.some((state) => launched.includes(state))) expect([...launched, 'paused']).toContain(to);
    }
  });
});

test('a paused batch goes on in the phase it was paused in', () => {
  expect(TRANSITIONS[resumption('packing')].to).toBe('packing');
  expect(TRANSITIONS[resumption('moving')].to).toBe('moving');
  expect(isAtWork('sealed', 'moving')).toBe(true);
  expect(BATCH_STATES.filter((state) => isAtWork(state, 'packing'))).toEqual(['packing']);
});
