/** Reads a policy; what it leaves out is filled with the safe defaults. */
import { granted, type Outcome } from '../../../kernel/refusal.ts';
import { completePolicy, type Policy, SAFE_DEFAULTS } from '../domain/policy.ts';
import { readDocument } from './read-document.ts';

/** Reads the text of a policy (YAML or JSON); no text at all means the safe defaults. */
export function parsePolicy(text: string | undefined): Outcome<Policy> {
  if (text === undefined) return granted(SAFE_DEFAULTS);
  const read = readDocument('policy', text);
  return read.ok ? granted(completePolicy(read.value)) : read;
}
