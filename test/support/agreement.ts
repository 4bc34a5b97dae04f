/** Two sides of one source, said in a test: what others make of it, and what we make. */
import { saidIn } from '../../proofs/agreement/bundle.ts';
import { Comparison } from '../../proofs/agreement/compare.ts';
import { factsOf, type Said } from '../../proofs/agreement/facts.ts';
import { Tally } from '../../proofs/agreement/tally.ts';
import type { Departure } from '../../records/lineage/language.ts';

export function bundleOf(...resources: readonly object[]): string {
  return JSON.stringify({
    resourceType: 'Bundle',
    entry: resources.map((resource, at) => ({ fullUrl: `urn:uuid:${at}`, resource })),
  });
}

export function saidOf(...resources: readonly object[]): readonly Said[] {
  return resources.map((resource) => factsOf({ ...resource }, () => undefined));
}

/** Of what we make the map itself makes `own`, the feeds it leaves the rest to `fed`. A record's `id` is its key. */
export function tallyOf(
  expected: string,
  own: readonly object[],
  departures: readonly Departure[] = [],
  fed: readonly object[] = [],
  message = '',
): Tally {
  const tally = new Tally();
  const ownSaid = saidOf(...own);
  const said = [...ownSaid, ...saidOf(...fed)];
  const keys = [...own, ...fed].map((resource) => (resource as { id?: string }).id);
  const find = (reference: string) => said[keys.indexOf(reference)];
  const made = { said, find, own: new Set(ownSaid), departuresOf: () => departures };
  tally.add(new Comparison(saidIn(expected), made), made, { from: 'microsoft', message });
  return tally;
}
