/** The counts: every eligible item in exactly one disposition, and every decision as the log has it. */
import { canonicalJson } from '../../../../kernel/canonical-json.ts';
import { ALWAYS_COUNTED, type DispositionCounts, isBalanced } from '../../../../kernel/disposition.ts';
import type { AuditEntry } from '../../../../kernel/event.ts';
import { decisionLine } from '../entry.ts';
import { DECISIONS_PATH, DISPOSITIONS_PATH } from '../pack-paths.ts';
import type { OpenPack } from './open-pack.ts';

/** `acknowledged` may be left out where there are none. */
const COUNTED = ['eligible', 'acknowledged', ...ALWAYS_COUNTED] as const;

/** Checks the dispositions page and the decisions page. */
export function verifyCounts(pack: OpenPack, entries: ReadonlyMap<number, AuditEntry>): void {
  verifyDispositions(pack);
  verifyDecisions(pack, entries);
}

function verifyDispositions(pack: OpenPack): void {
  const page = pack.json(DISPOSITIONS_PATH) as { total?: unknown; batches?: unknown } | undefined;
  if (page === undefined) return;
  const batches = Array.isArray(page?.batches) ? (page.batches as { dispositions?: unknown }[]) : undefined;
  const counts = batches?.map((batch) => countsOf(batch?.dispositions));
  const total = countsOf(page?.total);
  if (counts === undefined || total === undefined || counts.includes(undefined)) {
    pack.wrong(DISPOSITIONS_PATH, 'MALFORMED', 'does not count dispositions');
    return;
  }
  const all = counts.filter((each) => each !== undefined);
  if (![total, ...all].every(isBalanced)) {
    pack.wrong(DISPOSITIONS_PATH, 'COUNTS_WRONG', 'eligible is not the sum of the dispositions');
  }
  for (const name of COUNTED) {
    if (all.reduce((sum, each) => sum + (each[name] ?? 0), 0) !== (total[name] ?? 0)) {
      pack.wrong(DISPOSITIONS_PATH, 'COUNTS_WRONG', `the batches' counts of ${name} do not add up to the total`);
    }
  }
}

function countsOf(value: unknown): DispositionCounts | undefined {
  const counts = value as Record<string, unknown> | null | undefined;
  const isCounted = COUNTED.every((name) => {
    const count = counts?.[name] ?? (name === 'acknowledged' ? 0 : undefined);
    return Number.isSafeInteger(count) && Number(count) >= 0;
  });
  return isCounted ? (value as DispositionCounts) : undefined;
}

/** Each line must be the words of the proved entry at its position. */
function verifyDecisions(pack: OpenPack, entries: ReadonlyMap<number, AuditEntry>): void {
  const text = pack.text(DECISIONS_PATH);
  for (const line of (text ?? '').split('\n').filter((each) => each !== '')) {
    const value = pack.parse(DECISIONS_PATH, line) as { position?: unknown } | undefined;
    const position = Number(value?.position);
    const entry = entries.get(position);
    if (entry === undefined || canonicalJson(decisionLine(position, entry)) !== line) {
      pack.wrong(DECISIONS_PATH, 'COUNTS_WRONG', `a decision is not what the log has at position ${position}`);
    }
  }
}
