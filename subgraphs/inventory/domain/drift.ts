/** How the source has drifted: two sealed surveys of one dataset, compared line by line in the order of their paths. */
import type { SurveyLine } from './item.ts';

export const DRIFT_KINDS = ['added', 'changed', 'gone'] as const;
export type DriftKind = (typeof DRIFT_KINDS)[number];

/** A line of a sealed drift. */
export type DriftLine = {
  readonly kind: DriftKind;
  readonly itemId: string;
  readonly path: string;
  /** For a changed item: which of `sizeBytes`, `modifiedAt` and `contentKind` differ. */
  readonly differs: readonly (typeof COMPARED)[number][];
};

const COMPARED = ['sizeBytes', 'modifiedAt', 'contentKind'] as const;

/** Yields what differs, in the order of the paths; both surveys are sorted by the bytes of their paths. */
export async function* driftOf(
  before: AsyncIterable<SurveyLine>,
  now: AsyncIterable<SurveyLine>,
): AsyncGenerator<DriftLine> {
  const [old, young] = [before[Symbol.asyncIterator](), now[Symbol.asyncIterator]()];
  try {
    let [was, is] = [await next(old), await next(young)];
    while (was !== undefined || is !== undefined) {
      const order = orderOf(was, is);
      if (order < 0 && was !== undefined) yield lineOf('gone', was);
      if (order > 0 && is !== undefined) yield lineOf('added', is);
      if (order === 0 && was !== undefined && is !== undefined) yield* changeOf(was, is);
      if (order <= 0) was = await next(old);
      if (order >= 0) is = await next(young);
    }
  } finally {
    await old.return?.();
    await young.return?.();
  }
}

function* changeOf(was: SurveyLine, is: SurveyLine): Generator<DriftLine> {
  // What one of the two did not look at cannot have changed between them.
  const differs = COMPARED.filter(
    (each) => was[each] !== undefined && is[each] !== undefined && was[each] !== is[each],
  );
  if (differs.length > 0) yield { ...lineOf('changed', is), differs };
}

function lineOf(kind: DriftKind, { itemId, path }: SurveyLine): DriftLine {
  return { kind, itemId, path, differs: [] };
}

/** Negative where `was` comes first; what has ended comes last. */
function orderOf(was: SurveyLine | undefined, is: SurveyLine | undefined): number {
  if (was === undefined) return 1;
  if (is === undefined) return -1;
  return was.path === is.path ? 0 : Buffer.compare(Buffer.from(was.path), Buffer.from(is.path));
}

async function next(lines: AsyncIterator<SurveyLine>): Promise<SurveyLine | undefined> {
  const { done, value } = await lines.next();
  return done === true ? undefined : value;
}
