/** Reads a policy; what it leaves out is filled with the safe defaults. */
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';
import { completePolicy, type Policy, SAFE_DEFAULTS } from '../domain/policy.ts';
import { isZone } from '../domain/window.ts';
import { readDocument } from './read-document.ts';

/** Reads the text of a policy (YAML or JSON); no text at all means the safe defaults. */
export function parsePolicy(text: string | undefined): Outcome<Policy> {
  if (text === undefined) return granted(SAFE_DEFAULTS);
  const read = readDocument('policy', text);
  if (!read.ok) return read;
  const policy = completePolicy(read.value);
  const { zone } = policy.transfer.bandwidth;
  if (isZone(zone)) return granted(policy);
  const field = ['transfer', 'bandwidth', 'zone'];
  const message = `${field.join('.')} is no time zone; allowed: IANA names, for example America/Chicago`;
  return refused({ code: 'ZONE_UNKNOWN', message, field, remedy: 'write the name of a zone' });
}
