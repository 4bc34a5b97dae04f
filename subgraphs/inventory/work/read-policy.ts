/** Reads a policy; what it leaves out is filled with the safe defaults. */
import type { BandwidthRules } from '../../../kernel/bandwidth.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';
import { completePolicy, type Policy, SAFE_DEFAULTS } from '../domain/policy.ts';
import { checkInstants } from '../domain/instant.ts';
import { isZone } from '../domain/window.ts';
import { readDocument } from './read-document.ts';

/** Reads the text of a policy (YAML or JSON); no text at all means the safe defaults. */
export function parsePolicy(text: string | undefined): Outcome<Policy> {
  if (text === undefined) return granted(SAFE_DEFAULTS);
  const read = readDocument('policy', text);
  if (!read.ok) return read;
  const policy = completePolicy(read.value);
  const endless = policy.acceptedRisks.flatMap(({ until }, at) => checkInstants([`acceptedRisks[${at}]`], { until }));
  if (endless.length > 0) return refused(...endless);
  const known = checkZone(policy.transfer.bandwidth, ['transfer', 'bandwidth', 'zone']);
  return known.ok ? granted(policy) : known;
}

/** Reads caps alone, shaped as `transfer.bandwidth` of a policy; refuses as parsePolicy does. */
export function parseBandwidth(text: string): Outcome<BandwidthRules> {
  const read = readDocument('policy', text, ['transfer', 'bandwidth']);
  if (!read.ok) return read;
  return checkZone(completePolicy(read.value).transfer.bandwidth, ['zone']);
}

function checkZone(rules: BandwidthRules, field: readonly string[]): Outcome<BandwidthRules> {
  if (isZone(rules.zone)) return granted(rules);
  const message = `${field.join('.')} is no time zone; allowed: IANA names, for example America/Chicago`;
  return refused({ code: 'ZONE_UNKNOWN', message, field, remedy: 'write the name of a zone' });
}
