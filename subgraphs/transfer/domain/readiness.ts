/** Whether a batch may move now: what inventory last said of its migration, and whether that was said of this batch. */
import type { Sha256 } from '../../../kernel/digest.ts';
import type { Refusal } from '../../../kernel/refusal.ts';

/** What inventory last said of the migration. */
export interface Readiness {
  readonly ready: boolean;
  readonly blocking: readonly { readonly requirement: string; readonly reason: string }[];
  /** RFC 3339: from then on it says no by itself; null when it does not. */
  readonly expiresAt: string | null;
}

/** The sealed documents that decide what moves and how. */
export interface Documents {
  readonly plan: Sha256;
  readonly policy: Sha256;
  readonly lineage: Sha256 | null;
}

export interface Standing {
  readonly readiness: Readiness | undefined;
  /** What was declared last: readiness was judged of these. */
  readonly declared: Documents;
  /** What the batch moves by. */
  readonly documents: Documents;
  readonly now: Date;
}

/** Declared anew, and not judged yet. */
export const NOT_JUDGED: Readiness = {
  ready: false,
  blocking: [{ requirement: 'A07', reason: 'READINESS_PENDING: the migration was declared and is not judged yet' }],
  expiresAt: null,
};

const REMEDY = 'settle it in the inventory; the way is open as soon as the migration is ready';

/** Refuses with NOT_READY, one for each requirement, or with DECLARATION_CHANGED; empty when the batch may move. */
export function readinessRefusals({ readiness, declared, documents, now }: Standing): readonly Refusal[] {
  if (!isSame(declared, documents)) {
    return [
      {
        code: 'DECLARATION_CHANGED',
        message: 'the plan, the policy or the lineage map is not the one that the batch was launched with',
        remedy: 'declare the migration as it was, or survey it again, which plans the batch anew',
      },
    ];
  }
  if (readiness?.ready !== true) return blockingRefusals(readiness?.blocking ?? []);
  const { expiresAt } = readiness;
  if (expiresAt === null || now.getTime() <= Date.parse(expiresAt)) return [];
  const message = `the migration was ready until ${expiresAt}`;
  return [{ code: 'NOT_READY', message, remedy: 'ask with checkReadiness what is in the way by now' }];
}

function blockingRefusals(blocking: Readiness['blocking']): readonly Refusal[] {
  if (blocking.length === 0) return [{ code: 'NOT_READY', message: 'the migration is not ready', remedy: REMEDY }];
  return blocking.map(({ requirement, reason }) => ({
    code: 'NOT_READY',
    message: `the migration is not ready: ${requirement}: ${reason}`,
    remedy: REMEDY,
  }));
}

function isSame(left: Documents, right: Documents): boolean {
  return left.plan === right.plan && left.policy === right.policy && left.lineage === right.lineage;
}
