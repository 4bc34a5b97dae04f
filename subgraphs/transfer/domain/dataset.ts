/** What transfer knows of a dataset: what is inside its items, and whether they are mapped or pass through. */
import type { Sha256 } from '../../../kernel/digest.ts';
import type { Tier } from '../../../kernel/tier.ts';
import type { Format } from '../../../records/format.ts';

export type { Format };

export interface Dataset {
  readonly id: string;
  readonly migrationId: string;
  readonly name: string;
  readonly tier: Tier;
  readonly format: Format;
  /** The sealed lineage map; null when its items pass through unchanged. */
  readonly lineage: Sha256 | null;
}
