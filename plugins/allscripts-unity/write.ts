/** Writes one record: looks first, notes what it is about to do, does it once, and believes only what it sees. */
import { ConnectorError, isConnectorError } from '@waybill/connector-sdk';
import { columnOf, type Row } from './answer.ts';
import { callOf } from './call.ts';
import { compare, sightOf } from './compare.ts';
import { requireSameContent, type Standing } from './ledger.ts';
import { type Ending, entriesAround, seen, type Sight } from './look.ts';
import { PATIENT_ACTION, refused, type UnityRecord } from './record.ts';
import { type Call, CallRefusedError, type Session, TokenRefusedError } from './session.ts';

/** A refused token is replaced, and the call looked for and sent again, this often. */
const TOKENS_MAX = 2;

export interface Desk extends Sight {
  readonly session: Session;
  readonly settleMs: number;
  now(): Date;
}

/** The id under which the record is in Unity, seen there. Repeating it writes nothing again. */
export async function writeRecord(
  desk: Desk,
  record: UnityRecord,
  patientId: string,
  signal: AbortSignal,
): Promise<string> {
  const known = await desk.ledger.read(record);
  if (known !== undefined) requireSameContent(record, known);
  if (known?.state === 'written') return known.targetId;
  const look = (before: readonly string[], ending: Ending) => seen(desk, record, { patientId, before, ending }, signal);
  const about: About = { desk, record, patientId, signal, look };
  if (known === undefined) {
    const first = await lookFirst(about);
    return 'targetId' in first ? noted(about, first.targetId) : send(about, first.before);
  }
  const found = await look(known.before, endingOf(known));
  if (found !== undefined) return noted(about, found);
  requireSettled(about, known);
  return send(about, known.before, known);
}

function endingOf({ answer }: Sent): Ending {
  return answer === undefined ? { kind: 'unknown' } : { kind: 'answered', id: answer };
}

type Sent = Extract<Standing, { state: 'sent' }>;

interface About {
  readonly desk: Desk;
  readonly record: UnityRecord;
  readonly patientId: string;
  readonly signal: AbortSignal;
  look(before: readonly string[], ending: Ending): Promise<string | undefined>;
}

/** An entry that is all of the record is the record; one that only looks like it is left to people. */
async function lookFirst({ desk, record, patientId, signal }: About) {
  const entries = await entriesAround(desk, record, patientId, signal);
  const columns = desk.chart.columnsOf(record.name);
  const sight = sightOf(record.inputs, columns);
  const isPatient = record.name === PATIENT_ACTION;
  const alike: string[] = [];
  for (const entry of sight === 'nothing' ? [] : entries) {
    const { targetId, values } = entry;
    if (await desk.ledger.isClaimed(entry, record)) {
      if (isPatient) throw numberTaken(record);
      continue;
    }
    if (compare(record.inputs, await values(signal), columns).kind === 'same') alike.push(targetId);
    else if (isPatient) throw numberTaken(record);
  }
  const [only, ...more] = alike;
  if (only === undefined) return { before: entries.map(({ targetId }) => targetId) };
  if (sight === 'all' && more.length === 0) return { targetId: only };
  const message = `Unity holds an entry that looks like the record ${record.key} and that Waybill did not write`;
  throw new ConnectorError('ITEM_CONFLICT', `${message}; take it away there, or exclude the record`);
}

async function send(about: About, before: readonly string[], earlier?: Sent): Promise<string> {
  const { desk, record } = about;
  for (let tokens = 1; ; tokens++) {
    const call = await prepared(about);
    const sentAtMs = desk.now().getTime();
    await desk.ledger.sent(record, { before, sentAtMs });
    const ended = await attempt(about, call);
    if (ended.kind === 'not-sent') {
      await (earlier === undefined ? desk.ledger.forget(record) : desk.ledger.sent(record, earlier));
      throw ended.error;
    }
    // Should this machine stop before it has looked, it still knows that the call was answered.
    if (ended.kind === 'answered') await desk.ledger.sent(record, { before, sentAtMs, answer: ended.id ?? '' });
    const ending: Ending = ended.kind === 'answered' ? ended : { kind: 'unknown' };
    const found = await lookAfter(about, before, ending, ended.kind === 'lost' ? ended.error : undefined);
    if (found !== undefined) return noted(about, found);
    if (ended.kind === 'lost') throw ended.error;
    if (ended.kind === 'answered') throw unseen(record);
    await desk.ledger.forget(record);
    if (ended.about === 'content') throw refused(`${record.name} of the record ${record.key} is refused by Unity`);
    if (tokens >= TOKENS_MAX)
      throw new ConnectorError('AUTH_FAILED', `Unity refuses the token of ${record.name} again`);
  }
}

type Ended =
  | { readonly kind: 'answered'; readonly id: string | undefined }
  | { readonly kind: 'refused'; readonly about: 'token' | 'content' }
  /** Nothing of it left this machine, or the server was too busy to look at it. */
  | { readonly kind: 'not-sent'; readonly error: unknown }
  | { readonly kind: 'lost'; readonly error: unknown };

/** What may fail or be stopped without a doubt comes before the call is noted: its content and its token. */
async function prepared({ desk, record, patientId, signal }: About): Promise<Call> {
  const call = await callOf(desk, record, patientId, signal);
  await desk.session.server(signal);
  signal.throwIfAborted();
  return call;
}

async function attempt({ desk, signal }: About, call: Call): Promise<Ended> {
  try {
    return { kind: 'answered', id: idIn(await desk.session.write(call, signal)) };
  } catch (error) {
    if (error instanceof TokenRefusedError) return { kind: 'refused', about: 'token' };
    if (error instanceof CallRefusedError) return { kind: 'refused', about: 'content' };
    const isLost = !isConnectorError(error) || error.code === 'OUTCOME_UNKNOWN';
    return { kind: isLost ? 'lost' : 'not-sent', error };
  }
}

/** A look that fails leaves what was unknown unknown. */
async function lookAfter(
  about: About,
  before: readonly string[],
  ending: Ending,
  lost: unknown,
): Promise<string | undefined> {
  try {
    return await about.look(before, ending);
  } catch (error) {
    if (isConnectorError(error) && error.retry !== 'transient') throw error;
    throw lost ?? unseen(about.record, error);
  }
}

async function noted({ desk, record }: About, targetId: string): Promise<string> {
  await desk.ledger.written(record, targetId);
  return targetId;
}

function requireSettled({ desk, record }: About, known: Sent): void {
  if (desk.now().getTime() - known.sentAtMs >= desk.settleMs) return;
  const message = `${record.name} of the record ${record.key} was sent, and nothing of it is to be seen yet`;
  throw new ConnectorError('OUTCOME_UNKNOWN', `${message}; it may still land until settleSeconds are over`);
}

function unseen({ name, key }: UnityRecord, cause?: unknown): ConnectorError {
  const message = `Unity answered ${name} of the record ${key} and shows nothing new`;
  return new ConnectorError('OUTCOME_UNKNOWN', message, { cause });
}

function numberTaken({ key }: UnityRecord): ConnectorError {
  const message = `Unity has another patient under the record number of ${key}`;
  return new ConnectorError('ITEM_CONFLICT', `${message}; decide there which of them he is`);
}

/** The id an answer gives, under the names public clients read. */
function idIn(rows: readonly Row[]): string | undefined {
  const [row = {}] = rows;
  return [columnOf(row, 'documentID'), columnOf(row, 'PatientID')].find((id) => id !== undefined && id !== '0');
}
