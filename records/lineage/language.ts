/** The lineage language: a mapping as data, written by one person, approved by another, sealed by digest. */
import type { Format } from '../format.ts';

export interface LineageMap {
  readonly name: string;
  readonly version: string;
  readonly format: Exclude<Format, 'bytes' | 'document'>;
}
