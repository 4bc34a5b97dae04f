/** Reads a lineage map from YAML or JSON and says what is wrong with one, by path. */
import { refused, type Outcome } from '../../kernel/refusal.ts';
import type { LineageMap } from './language.ts';

/** Refuses with LINEAGE_INVALID, one refusal for each thing wrong, naming its path and what is allowed. */
export function parseLineage(text: string): Outcome<LineageMap> {
  void text;
  return refused({ code: 'LINEAGE_INVALID', message: 'the language is not there yet', remedy: 'wait for it' });
}
