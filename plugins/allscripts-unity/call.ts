/** The one call that makes a record's entry, with what public clients send of the patient beside it. */
import { ConnectorError, isConnectorError } from '@waybill/connector-sdk';
import type { Row } from './answer.ts';
import type { Chart } from './chart.ts';
import { parametersOf } from './form.ts';
import { uploadImage } from './image.ts';
import { refused, type UnityRecord } from './record.ts';
import { type Call, CallRefusedError, type Session, TokenRefusedError } from './session.ts';

interface Caller {
  readonly session: Session;
  readonly chart: Chart;
}

/** Pieces of an image are sent here, before the call: they make nothing by themselves. */
export async function callOf(
  caller: Caller,
  record: UnityRecord,
  patientId: string,
  signal: AbortSignal,
): Promise<Call> {
  const given = await withPatient(caller, record, patientId, signal);
  if (record.name !== 'SaveDocumentImage') {
    return { action: record.name, patientId, parameters: parametersOf(record.action, given.inputs) };
  }
  const send = (call: Call): Promise<readonly Row[]> => sendPiece(caller, record, call, signal);
  return uploadImage(given, patientId, send);
}

/** A piece whose answer is lost leaves an upload that nobody ends; one refused for its token was not taken. */
async function sendPiece(
  { session }: Caller,
  { key }: UnityRecord,
  call: Call,
  signal: AbortSignal,
): Promise<readonly Row[]> {
  signal.throwIfAborted();
  try {
    return await session.write(call, signal).catch((error) => {
      if (error instanceof TokenRefusedError) return session.write(call, signal);
      throw error;
    });
  } catch (error) {
    if (error instanceof CallRefusedError) throw refused(`a piece of the record ${key} is refused by Unity`);
    if (!isConnectorError(error) || error.code !== 'OUTCOME_UNKNOWN') throw error;
    const message = `the upload of the record ${key} broke before its last call`;
    throw new ConnectorError('UNAVAILABLE', message, { cause: error });
  }
}

/** The record's own word goes before what Unity says of the patient. */
async function withPatient(
  { chart }: Caller,
  record: UnityRecord,
  patientId: string,
  signal: AbortSignal,
): Promise<UnityRecord> {
  const takes = record.action.inputs;
  if (takes['organizationalMrn'] === undefined && takes['patientLastName'] === undefined) return record;
  const facts = await chart.patientFacts(patientId, signal);
  const own: Readonly<Record<string, string | undefined>> = {
    organizationalMrn: facts?.mrn,
    patientFirstName: facts?.firstName,
    patientLastName: facts?.lastName,
  };
  const added = Object.entries(own).filter(([input, value]) => takes[input] !== undefined && value !== undefined);
  return { ...record, inputs: { ...(Object.fromEntries(added) as Record<string, string>), ...record.inputs } };
}
