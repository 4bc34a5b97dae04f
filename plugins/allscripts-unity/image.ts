/** SaveDocumentImage: the bytes in pieces, and a last call that says that all is there and makes the document. */
import { type Action, PARAMETERS } from './actions.ts';
import type { Row } from './answer.ts';
import { columnOf } from './answer.ts';
import { xmlOf } from './form.ts';
import { refused, type UnityRecord } from './record.ts';
import type { Call } from './session.ts';

const PIECE_BYTES = 1024 * 1024;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export type Send = (call: Call) => Promise<readonly Row[]>;

/** The bytes of the image. Fails with ITEM_REFUSED where they are not base64, or not as many as the record says. */
export function imageOf({ key, inputs }: UnityRecord): Buffer {
  const text = inputs['data'] ?? '';
  if (!BASE64.test(text)) throw refused(`data of the record ${key} is not base64`);
  const bytes = Buffer.from(text, 'base64');
  const declared = inputs['bytes'];
  if (declared !== undefined && Number(declared) !== bytes.byteLength) {
    throw refused(`the record ${key} says ${declared} bytes and holds ${bytes.byteLength}`);
  }
  return bytes;
}

/** Sends the pieces; what breaks here has made no document, and the upload may begin again. */
export async function uploadImage(record: UnityRecord, patientId: string, send: Send): Promise<Call> {
  const bytes = imageOf(record);
  const { action, name, inputs } = record;
  let documentVar = '';
  for (let offset = 0; offset === 0 || offset < bytes.byteLength; offset += PIECE_BYTES) {
    const piece = bytes.subarray(offset, offset + PIECE_BYTES);
    const state = { offset, bytes: piece.byteLength, isDone: false, documentVar };
    const [row = {}] = await send(callOf(action, name, patientId, inputs, state, piece.toString('base64')));
    documentVar = columnOf(row, 'documentVar') ?? '';
    if (documentVar === '') throw refused(`the upload of the record ${record.key} is given no name by Unity`);
  }
  const done = { offset: bytes.byteLength, bytes: 0, isDone: true, documentVar };
  return callOf(action, name, patientId, inputs, done, '');
}

interface UploadState {
  readonly offset: number;
  readonly bytes: number;
  readonly isDone: boolean;
  readonly documentVar: string;
}

function callOf(
  action: Action,
  name: string,
  patientId: string,
  inputs: UnityRecord['inputs'],
  state: UploadState,
  data: string,
): Call {
  const own: Readonly<Record<string, string>> = { ...inputs, bytes: String(state.bytes) };
  const fields = Object.entries(action.inputs).flatMap(([input, { field }]): [string, string][] => {
    const value = own[input];
    return field === undefined || value === undefined ? [] : [[field, value]];
  });
  fields.push(
    ['offset', String(state.offset)],
    ['bDoneUpload', String(state.isDone)],
    ['documentVar', state.documentVar],
    ['documentID', '0'],
  );
  const { xml } = action;
  const [parameter = PARAMETERS[0]] = xml === undefined ? [] : [xml.parameter];
  const text = xml === undefined ? '' : xmlOf(xml, fields);
  return { action: name, patientId, parameters: { [parameter]: text, Data: data } };
}
