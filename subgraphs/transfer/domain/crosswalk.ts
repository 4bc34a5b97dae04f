/** The crosswalk: which id the target gave to what the source calls by its own key. */

export interface CrosswalkRow {
  /** The parcel it was delivered in, and its place among the parts of the receipt; together they name the row. */
  readonly parcelKey: string;
  readonly position: number;
  readonly datasetId: string;
  readonly sourceKey: string;
  readonly targetId: string;
}

/** The rows of one receipt. A parcel of bytes has no parts: its parcel row is its crosswalk. */
export function crosswalkOf(
  datasetId: string,
  parcelKey: string,
  parts: readonly { readonly key: string; readonly targetId: string }[] | undefined,
): readonly CrosswalkRow[] {
  return (parts ?? []).map((part, position) => ({
    parcelKey,
    position,
    datasetId,
    sourceKey: part.key,
    targetId: part.targetId,
  }));
}
