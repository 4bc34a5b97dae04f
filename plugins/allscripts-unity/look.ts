/** Looks for a record among the entries that were not there before its call: the only proof that it was written. */
import { ConnectorError } from '@waybill/connector-sdk';
import type { Chart, Entry } from './chart.ts';
import { compare, type Comparison, sightOf } from './compare.ts';
import type { Ledger } from './ledger.ts';
import { PATIENT_ACTION, refused, type UnityRecord } from './record.ts';

/** How the call ended: with an answer that it was done (and perhaps as which entry), or without one. */
export type Ending = { readonly kind: 'answered'; readonly id: string | undefined } | { readonly kind: 'unknown' };

export interface Sight {
  readonly chart: Chart;
  readonly ledger: Ledger;
}

/** The patient's own list; of a patient, the patients with the same record number. */
export async function entriesAround(
  { chart }: Sight,
  record: UnityRecord,
  patientId: string,
  signal: AbortSignal,
): Promise<readonly Entry[]> {
  if (record.name !== PATIENT_ACTION) return chart.entries(record.name, patientId, signal);
  const { mrn = '' } = record.inputs;
  if (mrn !== '') return chart.patientsByMrn(mrn, signal);
  throw refused(`the patient ${record.key} has no record number, so whether he is there cannot be looked up`);
}

/**
 * The entry the record was written as; undefined where none is to be seen. Fails with OUTCOME_UNKNOWN where one cannot
 * be told from another, and with ITEM_REFUSED, ITEM_CHANGED or ITEM_CONFLICT where what arrived is not what was sent.
 */
export async function seen(
  sight: Sight,
  record: UnityRecord,
  {
    patientId,
    before,
    ending,
  }: { readonly patientId: string; readonly before: readonly string[]; readonly ending: Ending },
  signal: AbortSignal,
): Promise<string | undefined> {
  const fresh: Entry[] = [];
  for (const entry of await entriesAround(sight, record, patientId, signal)) {
    if (before.includes(entry.targetId) || (await sight.ledger.isClaimed(entry, record))) continue;
    fresh.push(entry);
  }
  const named = ending.kind === 'answered' ? fresh.filter(({ targetId }) => endsWith(targetId, ending.id)) : [];
  const candidates = named.length > 0 ? named : fresh;
  if (candidates.length === 0) return undefined;
  const columns = sight.chart.columnsOf(record.name);
  if (sightOf(record.inputs, columns) === 'nothing') return unread(record, candidates, ending);
  const compared: { readonly targetId: string; readonly found: Comparison }[] = [];
  for (const { targetId, values } of candidates) {
    compared.push({ targetId, found: compare(record.inputs, await values(signal), columns) });
  }
  const same = compared.filter(({ found }) => found.kind === 'same');
  if (same.length > 1) throw twice(record, same.length);
  if (same[0] !== undefined) return same[0].targetId;
  return harmed(
    record,
    compared.map(({ found }) => found),
    ending,
  );
}

/** Nothing of it comes back: only an answer, and one new entry, say that this is it. */
function unread(record: UnityRecord, candidates: readonly Entry[], ending: Ending): string {
  const [only, ...more] = candidates;
  if (ending.kind === 'answered' && only !== undefined && more.length === 0) return only.targetId;
  const message = `${candidates.length} new entries might be ${record.name} of the record ${record.key}`;
  const remedy = 'look there: take it away if it is, and resume, or exclude the record';
  throw new ConnectorError('OUTCOME_UNKNOWN', `${message}, and nothing comes back to compare; ${remedy}`);
}

/** Of one new entry it is known whose it is when the call was answered, or when it begins as what was sent. */
function harmed(record: UnityRecord, found: readonly Comparison[], ending: Ending): undefined {
  const [only, ...more] = found;
  if (only === undefined || only.kind === 'same' || more.length > 0) return undefined;
  const what = `${record.name}.${only.input} of the record ${record.key}`;
  if (only.kind === 'cut') {
    throw refused(`${what} was cut off by Unity: ${only.found} of ${only.sent} characters came back; correct it there`);
  }
  if (ending.kind === 'unknown') return undefined;
  throw new ConnectorError('ITEM_CHANGED', `${what} came back as something else than was sent; correct it there`);
}

function twice({ key, name }: UnityRecord, times: number): ConnectorError {
  const message = `Unity holds the record ${key} ${times} times after one ${name}; take all but one away there`;
  return new ConnectorError('ITEM_CONFLICT', message);
}

function endsWith(targetId: string, id: string | undefined): boolean {
  return id !== undefined && id !== '' && targetId.endsWith(`/${encodeURIComponent(id)}`);
}
