/** The records of a parcel: one is one call of a write action. */
import { ConnectorError, KEYED_RECORDS, type KeyedRecord, type Parcel } from '@waybill/connector-sdk';
import { type Action, ACTIONS } from './actions.ts';

const RECORDS_MAX = 100;
export const PARCEL_MAX_BYTES = 64 * 1024 * 1024;
export const PATIENT_ACTION = 'SavePatient';
/** A text cannot be told from its absence when it is read back empty. */
const NOT_AN_INPUT = 'resourceType';

export interface UnityRecord {
  readonly key: string;
  readonly parent: string | null;
  readonly name: string;
  readonly action: Action;
  /** By input; a list is its lines. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** Fails with ITEM_REFUSED, naming the record and the input, where one cannot be a call. */
export function recordsIn(parcel: Parcel, text: string): readonly UnityRecord[] {
  if (parcel.mediaType !== KEYED_RECORDS) {
    const remedy = 'use a lineage map with target: unity';
    throw new ConnectorError('UNSUPPORTED', `Unity takes records made for it, not ${parcel.mediaType}; ${remedy}`);
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0 || lines.length > RECORDS_MAX) {
    throw refused(`${parcel.key} holds ${lines.length} records; 1 to ${RECORDS_MAX} are allowed`);
  }
  return lines.map((line) => recordOf(parcel, line));
}

function recordOf(parcel: Parcel, line: string): UnityRecord {
  const { key, parent, record } = parsed(line) ?? {};
  const name = record?.resourceType;
  if (typeof key !== 'string' || key === '' || typeof name !== 'string') {
    throw refused(`a line of ${parcel.key} is no record with a key`);
  }
  const action = ACTIONS[name];
  if (action === undefined) throw refused(`the record ${key} calls ${name}, and what that takes is not public`);
  const isPatient = name === PATIENT_ACTION;
  if (!isPatient && typeof parent !== 'string') throw refused(`the record ${key} does not say whose it is`);
  const inputs: Record<string, string> = {};
  for (const [input, value] of Object.entries(record ?? {})) {
    if (input === NOT_AN_INPUT) continue;
    if (action.inputs[input] === undefined)
      throw refused(`the record ${key} has ${input}, which ${name} does not take`);
    inputs[input] = textOf(key, input, value);
  }
  return { key, parent: isPatient ? null : (parent ?? null), name, action, inputs };
}

function textOf(key: string, input: string, value: unknown): string {
  const parts = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  if (parts.every((part) => typeof part === 'string')) return parts.join('\n');
  throw refused(`${input} of the record ${key} is no text`);
}

export function refused(message: string): ConnectorError {
  return new ConnectorError('ITEM_REFUSED', message);
}

function parsed(line: string): Partial<KeyedRecord> | undefined {
  try {
    return JSON.parse(line) as Partial<KeyedRecord>;
  } catch {
    // The parser's message quotes what it could not read.
    return undefined;
  }
}
