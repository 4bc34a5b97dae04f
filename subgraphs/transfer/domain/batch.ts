/** A batch: what moves together. Its states, and the one table that says how it gets from one to the next. */
import { derivedId, type Id } from '../../../kernel/id.ts';
import { granted, refused, type Outcome, type Refusal } from '../../../kernel/refusal.ts';

/** The batch of what a dataset's survey lists. */
export function surveyBatchId(datasetId: Id): Id {
  return derivedId('bat', datasetId, '1');
}

export const BATCH_STATES = [
  'planned',
  'proposed',
  'approved',
  'packing',
  'sealed',
  'moving',
  'paused',
  'moved',
  'reconciled',
  'cancelled',
] as const;
export type BatchState = (typeof BATCH_STATES)[number];

/** Where the work of a batch stands; a paused batch goes on in the phase it was paused in. */
export const PHASES = ['packing', 'moving'] as const;
export type Phase = (typeof PHASES)[number];

export type BatchAct =
  | 'plan-again'
  | 'declare-again'
  | 'propose'
  | 'approve'
  | 'launch'
  | 'launch-without-approval'
  | 'seal'
  | 'move'
  | 'wait'
  | 'pause'
  | 'resume-packing'
  | 'resume-moving'
  | 'finish'
  | 'reconcile'
  | 'cancel';

interface Transition {
  readonly from: readonly BatchState[];
  readonly to: BatchState;
  /** What a person has to do first, said when the batch is in none of `from`. */
  readonly remedy: string;
}

export const TRANSITIONS: Readonly<Record<BatchAct, Transition>> = {
  'plan-again': {
    // A dataset that a plan had dropped may come back.
    from: ['planned', 'proposed', 'approved', 'paused', 'cancelled'],
    to: 'planned',
    remedy: 'what is sealed keeps the survey it was sealed from; propose a remedy for items that are wrong',
  },
  'declare-again': {
    from: ['planned', 'proposed', 'approved'],
    to: 'planned',
    remedy: 'what is launched keeps the documents it was launched with',
  },
  propose: {
    from: ['planned', 'proposed', 'approved'],
    to: 'proposed',
    remedy: 'only a batch that was never launched can be proposed; look at its state',
  },
  approve: {
    from: ['proposed'],
    to: 'approved',
    remedy: 'propose the launch first, then have somebody else approve it',
  },
  launch: { from: ['approved'], to: 'packing', remedy: 'propose the launch and have somebody else approve it' },
  'launch-without-approval': {
    from: ['planned', 'proposed', 'approved'],
    to: 'packing',
    remedy: 'only a batch that was never launched can be launched; resume it if it is paused',
  },
  seal: { from: ['packing'], to: 'sealed', remedy: 'launch the batch, or resume it if it is paused' },
  move: { from: ['sealed', 'moving'], to: 'moving', remedy: 'wait until its manifest is sealed' },
  // A resumed one may have been paused while it waited.
  wait: { from: ['sealed', 'moving'], to: 'sealed', remedy: 'wait until its manifest is sealed' },
  pause: { from: ['packing', 'sealed', 'moving'], to: 'paused', remedy: 'only a batch at work can be paused' },
  'resume-packing': { from: ['paused'], to: 'packing', remedy: 'only a paused batch can be resumed' },
  'resume-moving': { from: ['paused'], to: 'moving', remedy: 'only a paused batch can be resumed' },
  finish: { from: ['moving'], to: 'moved', remedy: 'resume the batch if it is paused' },
  reconcile: { from: ['moved', 'reconciled'], to: 'reconciled', remedy: 'wait until every item of it has moved' },
  cancel: {
    from: ['planned', 'proposed', 'approved'],
    to: 'cancelled',
    remedy: 'a launched batch is finished or rolled back, never cancelled; pause it',
  },
};

/** The state after the act. Refuses with BATCH_STATE, saying which state would do. */
export function advance(
  batch: { readonly id: string; readonly state: BatchState },
  act: BatchAct,
): Outcome<BatchState> {
  const { from, to, remedy } = TRANSITIONS[act];
  if (from.includes(batch.state)) return granted(to);
  return refused(stateRefusal(batch, act, from, remedy));
}

/** Planning again: of a batch that stands still and of which nothing is sealed yet. Refuses with BATCH_STATE. */
export function planAgain(batch: {
  readonly id: string;
  readonly state: BatchState;
  readonly phase: Phase;
}): Outcome<BatchState> {
  const { from, remedy } = TRANSITIONS['plan-again'];
  const isSealed = batch.state === 'paused' && batch.phase === 'moving';
  return isSealed ? refused(stateRefusal(batch, 'plan-again', from, remedy)) : advance(batch, 'plan-again');
}

function stateRefusal(
  batch: { readonly id: string; readonly state: BatchState },
  act: BatchAct,
  from: readonly BatchState[],
  remedy: string,
): Refusal {
  return {
    code: 'BATCH_STATE',
    message: `batch ${batch.id} is ${batch.state}; ${act} needs one that is ${from.join(' or ')}`,
    remedy,
  };
}

/** Whether a job is to work on the batch in that phase now. */
export function isAtWork(state: BatchState, phase: Phase): boolean {
  return phase === 'packing' ? state === 'packing' : state === 'sealed' || state === 'moving';
}

/** The act that lets a paused batch go on where it stopped. */
export function resumption(phase: Phase): BatchAct {
  return phase === 'packing' ? 'resume-packing' : 'resume-moving';
}
