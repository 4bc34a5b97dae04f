/** How far a migration is, in what is counted of the phase it is in. */
import type { BatchProgress, Progress, Status, SurveyProgress } from './operations.ts';
import type { ProgressState } from './progress-line.ts';

/** Without the time, which whoever waits knows. */
export type HowFar = Omit<ProgressState, 'elapsedSeconds'>;

export const AFTER_MOVE: ReadonlySet<string> = new Set(['MOVED', 'RECONCILED']);
const RECONCILE_PHASES = { READING_BACK: 'reading back', MATCHING: 'matching', SETTLING: 'settling' } as const;

/** While a source is listed nobody knows how much it holds; then what was opened is counted. */
export function howFarSurveyed(survey: SurveyProgress | undefined): HowFar {
  if (survey === undefined) return { phase: 'surveying', items: 0, itemsDone: 0 };
  const { phase, listed, inspected } = survey;
  if (phase === 'LISTING') return { phase: 'listing', items: 0, itemsDone: listed };
  if (phase === 'DONE') return { phase: 'surveyed', items: listed, itemsDone: listed };
  return { phase: phase.toLowerCase(), items: listed, itemsDone: inspected };
}

/** Of a migration that is launched: packed, moved, and then read back, matched and settled. */
export function howFarMoved({ migration, batches }: Progress): HowFar {
  const all = batches?.nodes ?? [];
  const sum = (read: (batch: BatchProgress) => number) => all.reduce((total, batch) => total + read(batch), 0);
  const told = { bytesDone: sum(({ bytesMoved }) => Number(bytesMoved)), exceptions: migration?.exceptionsOpen ?? 0 };
  if (all.length > 0 && all.every(({ state }) => AFTER_MOVE.has(state))) {
    const phase = reconcilePhase(all);
    return { phase, items: sum(({ items }) => items), itemsDone: sum(reconciledOf), ...told };
  }
  const isPacking = all.some(({ state }) => state === 'PACKING');
  return {
    phase: isPacking ? 'packing' : 'moving',
    items: sum(({ items, excluded }) => items - excluded),
    itemsDone: sum(({ packed, moved, setAside, failed }) => (isPacking ? packed : moved + setAside + failed)),
    ...told,
  };
}

/** The earliest step that a batch is in; once all are reconciled they are related to one another. */
function reconcilePhase(all: readonly BatchProgress[]): string {
  const open = all.filter(({ state }) => state !== 'RECONCILED');
  for (const [step, phase] of Object.entries(RECONCILE_PHASES)) {
    if (open.some(({ reconciliationProgress }) => reconciliationProgress?.step === step)) return phase;
  }
  return 'reconciling';
}

function reconciledOf({ state, items, reconciliationProgress }: BatchProgress): number {
  return state === 'RECONCILED' ? items : Math.min(items, reconciliationProgress?.itemsDone ?? 0);
}

export function howFarReady({ migration }: Status): HowFar {
  return howFarSurveyed(migration?.surveys.nodes[0]);
}
