/** The patient in Unity whose call it is: the one written for the source's patient, or the one with a record number. */
import { ConnectorError } from '@waybill/connector-sdk';
import { type Chart, patientIdIn } from './chart.ts';
import type { Ledger } from './ledger.ts';
import { PATIENT_ACTION, refused, type UnityRecord } from './record.ts';

/** A lineage map may name a patient by his record number, for charts that are in Unity already. */
const BY_NUMBER = 'mrn:';

/** Fails with ITEM_REFUSED where there is no such patient yet, with ITEM_CONFLICT where there are several. */
export async function patientOf(
  { key, name, parent }: Pick<UnityRecord, 'key' | 'name' | 'parent'>,
  { chart, ledger }: { readonly chart: Chart; readonly ledger: Ledger },
  signal: AbortSignal,
): Promise<string> {
  if (name === PATIENT_ACTION) return '';
  const known = await ledger.read({ key: parent ?? '', name: PATIENT_ACTION });
  if (known?.state === 'written') return patientIdIn(known.targetId);
  if (parent?.startsWith(BY_NUMBER) !== true) {
    throw refused(`the patient ${parent} of the record ${key} is not in Unity yet; move the patients first`);
  }
  const [only, ...more] = await chart.patientsByMrn(parent.slice(BY_NUMBER.length), signal);
  if (only === undefined) throw refused(`Unity has no patient ${parent}, to whom the record ${key} belongs`);
  if (more.length === 0) return patientIdIn(only.targetId);
  const message = `${more.length + 1} patients of Unity have the record number of the patient of ${key}`;
  throw new ConnectorError('ITEM_CONFLICT', `${message}; decide there which of them it is`);
}
