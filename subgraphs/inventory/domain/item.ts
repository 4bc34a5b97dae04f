/** One transferable unit of bytes at the source, by its path. */
import { derivedId, type Id } from '../../../kernel/id.ts';
import type { HiddenCounts, Noted } from '../../../records/hidden/hidden.ts';

export type { HiddenCounts, Noted };

export interface Item {
  readonly id: Id;
  readonly datasetId: Id;
  /** May hold patient data: shown to operators and reviewers only, never logged. */
  readonly path: string;
  readonly sizeBytes: number;
  /** RFC 3339, UTC, when the source knows it. */
  readonly modifiedAt: string | null;
  /** Why it stays behind; null when it moves. */
  readonly excluded: string | null;
  /** Null where nobody looked inside. */
  readonly contentKind: string | null;
  readonly mediaType: string | null;
}

/** A line of a sealed survey. */
export type SurveyLine = {
  readonly itemId: Id;
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedAt?: string | undefined;
  readonly excluded?: string | undefined;
  /** What it is by its content; absent where nobody looked inside. */
  readonly contentKind?: string | undefined;
  readonly mediaType?: string | undefined;
};

export function itemIdOf(datasetId: Id, path: string): Id {
  return derivedId('item', datasetId, path);
}

export function surveyLine(item: Item): SurveyLine {
  return {
    itemId: item.id,
    path: item.path,
    sizeBytes: item.sizeBytes,
    modifiedAt: item.modifiedAt ?? undefined,
    excluded: item.excluded ?? undefined,
    contentKind: item.contentKind ?? undefined,
    mediaType: item.mediaType ?? undefined,
  };
}
