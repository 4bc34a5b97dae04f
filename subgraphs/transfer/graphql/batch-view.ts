/** From rows to what the graph shows. */
import type { Progress } from '../work/live.ts';
import { itemsDone, itemsToDo } from '../work/live.ts';
import type { Batch, LaunchRequest } from '../store/tables.ts';
import { BatchLaunchRequestType, BatchPauseType, BatchType, BatchWaitingType } from './batch-type.ts';
import { BatchProgressType } from './surface-types.ts';

export function batchView(row: Batch): BatchType {
  const { id, state, phase, datasetId, migrationId, survey, dispositions, totals } = row;
  const { items, excluded, bytes, packed, moved, bytesMoved, setAside, failed, plannedAt, changedAt } = row;
  return Object.assign(new BatchType(), {
    ...{ id, state, phase, items, excluded, bytes, packed, moved, bytesMoved, setAside, failed, plannedAt, changedAt },
    remedyOf: row.remedyOf ?? null,
    dataset: { id: datasetId },
    migration: { id: migrationId },
    percent: percentOf(row),
    heldByBandwidthSeconds: row.heldMs / 1000,
    paused: pauseOf(row),
    waiting: row.state === 'sealed' && row.waiting != null ? Object.assign(new BatchWaitingType(), row.waiting) : null,
    surveyDigest: survey,
    manifestDigest: row.manifest ?? null,
    sumsDigest: row.sums ?? null,
    manifestSignature: row.signature ?? null,
    recordDigest: row.record ?? null,
    totals: totals ?? null,
    dispositions: dispositions ? { acknowledged: 0, ...dispositions } : null,
  });
}

export function requestView({ digest, proposedBy, proposedAt, approvedBy, approvedAt }: LaunchRequest) {
  const view = { digest, proposedBy, proposedAt, approvedBy: approvedBy ?? null, approvedAt: approvedAt ?? null };
  return Object.assign(new BatchLaunchRequestType(), view);
}

export function progressView({ batch, eta, ...progress }: Progress): BatchProgressType {
  return Object.assign(new BatchProgressType(), { ...progress, eta: eta ?? null, batch: batchView(batch) });
}

function pauseOf({ state, pausedCode, pausedReason, pausedSubject }: Batch): BatchPauseType | null {
  if (state !== 'paused') return null;
  const pause = { code: pausedCode ?? '', reason: pausedReason ?? '', subject: pausedSubject ?? null };
  return Object.assign(new BatchPauseType(), pause);
}

const ALL_PERCENT = 100;

function percentOf(row: Batch): number {
  if (row.state === 'moved' || row.state === 'reconciled') return ALL_PERCENT;
  const toDo = itemsToDo(row);
  return toDo === 0 ? 0 : (ALL_PERCENT * itemsDone(row)) / toDo;
}
