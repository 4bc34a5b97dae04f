/** The actions of the Unity emulator, as far as public clients show them. */
import { randomUUID } from 'node:crypto';
import { fieldsIn, type UnityHarm, type UnityRow, type UnityStore } from './unity-store.ts';

export interface MagicCall {
  readonly action: string;
  readonly body: Readonly<Record<string, string>>;
  readonly store: UnityStore;
  readonly uploads: Map<string, Buffer[]>;
  readonly harm: UnityHarm | undefined;
}

/** What the emulator answers as an error in the body. */
export class MagicError extends Error {}

/** Does what the call asks and answers its rows. */
export function magic(call: MagicCall): readonly UnityRow[] {
  const { action, body, store } = call;
  const patientId = body['PatientID'] ?? '';
  const first = body['Parameter1'] ?? '';
  switch (action) {
    case 'GetPatient': {
      const found = store.patient(patientId);
      if (found === undefined) throw new MagicError('error: Patient not found.');
      return [found.values];
    }
    case 'GetPatientByMRN':
      return store.patientsByMrn(first);
    case 'GetClinicalSummary':
      return store.summary(patientId, first);
    case 'GetEncounterListForPatient':
      return store.encounters(patientId);
    case 'GetDocuments':
      return store.documents(patientId, body['Parameter3'] ?? '');
    case 'GetDictionary':
      return (store.dictionaries.get(first) ?? []).map((code) => ({ EntryCode: code, EntryName: code, Active: 'Y' }));
    case 'GetProviders':
      return (store.dictionaries.get('GetProviders') ?? []).map((code) => ({ EntryCode: code }));
    default:
      return save(call, patientId);
  }
}

/** Where the XML of an action travels; the other parameters are kept under their own names. */
const XML_PARAMETER: Readonly<Record<string, string>> = {
  SavePatient: 'Parameter1',
  SaveAllergy: 'Parameter2',
  SaveProblemsData: 'Parameter1',
  SaveRX: 'Parameter1',
  SaveSimpleEncounter: '',
  SaveNote: '',
  SaveUnstructuredDocument: 'Parameter1',
  SaveDocumentImage: 'Parameter1',
};
const PARAMETERS = ['Parameter1', 'Parameter2', 'Parameter3', 'Parameter4', 'Parameter5', 'Parameter6'];

function save(call: MagicCall, patientId: string): readonly UnityRow[] {
  const { action, body, store, harm } = call;
  const xml = XML_PARAMETER[action];
  if (xml === undefined) throw new MagicError('error: Unknown action.');
  if (action !== 'SavePatient' && store.patient(patientId) === undefined) {
    throw new MagicError('error: Patient not found.');
  }
  const fields = xml === '' ? {} : fieldsIn(body[xml] ?? '');
  requireCodes(call, fields);
  if (action === 'SaveDocumentImage') return saveImage(call, patientId, fields);
  const others = PARAMETERS.filter((name) => name !== xml && (body[name] ?? '') !== '');
  const values = { ...fields, ...Object.fromEntries(others.map((name) => [name, body[name] ?? ''])) };
  const id = store.save(action, patientId, values, harm);
  return [action === 'SavePatient' ? { Status: 'Success', PatientID: id } : { Status: 'Success' }];
}

/** By where a code travels, the dictionary of this emulator's site; a site without it takes every code. */
const CODES: readonly (readonly [action: string, name: string, dictionary: string])[] = [
  ['SaveAllergy', 'AllergyName', 'Allergen_DE'],
  ['SaveProblemsData', 'status', 'Problem_Status_DE'],
  ['SaveSimpleEncounter', 'Parameter1', 'Encounter_Type_DE'],
  ['SaveNote', 'Parameter2', 'Document_Type_DE'],
  ['SaveUnstructuredDocument', 'documentType', 'Document_Type_DE'],
  ['SaveDocumentImage', 'documentType', 'Document_Type_DE'],
  ['SaveUnstructuredDocument', 'authorCode', 'GetProviders'],
  ['SaveDocumentImage', 'ownerCode', 'GetProviders'],
];

function requireCodes({ action, body, store }: MagicCall, fields: UnityRow): void {
  for (const [of, name, dictionary] of CODES) {
    const known = store.dictionaries.get(dictionary);
    const code = fields[name] ?? body[name] ?? '';
    if (of !== action || known === undefined || known.includes(code)) continue;
    throw new MagicError(`error: ${code} is not a value of ${dictionary}.`);
  }
}

/** In pieces: the first names no `documentVar` and is told one, the last has no bytes and says that all is there. */
function saveImage(call: MagicCall, patientId: string, fields: UnityRow): readonly UnityRow[] {
  const { action, body, store, uploads, harm } = call;
  const documentVar = fields['documentVar'] || randomUUID();
  const pieces = uploads.get(documentVar) ?? [];
  if (fields['bDoneUpload'] === 'true') {
    const data = Buffer.concat(pieces).toString('base64');
    const documentID = store.save(action, patientId, { ...fields, data }, harm);
    uploads.delete(documentVar);
    return [{ documentVar, documentID }];
  }
  const piece = Buffer.from(body['Data'] ?? '', 'base64');
  const offset = pieces.reduce((total, each) => total + each.byteLength, 0);
  if (Number(fields['offset']) !== offset || Number(fields['bytesRead']) !== piece.byteLength) {
    throw new MagicError('error: Offset or length of the upload is wrong.');
  }
  uploads.set(documentVar, [...pieces, piece]);
  return [{ documentVar, documentID: '0' }];
}
