/** One measured figure, beside its goal and the peer or floor that was measured in the same run. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** As goals are written: `<= 0.45 x`. */
  readonly goal?: string | undefined;
  /** What `ratio` is a ratio to. */
  readonly peer?: string | undefined;
  readonly ratio?: number | undefined;
  /** User and system time of everything that took part. */
  readonly cpuSeconds?: number | undefined;
}
