/** What Unity gives back of a chart: the entries of a patient, as the inputs they were written from. */
import { ConnectorError } from '@waybill/connector-sdk';
import { ACTIONS, type ReadBack } from './actions.ts';
import { columnOf, type Row } from './answer.ts';
import { PATIENT_ACTION } from './record.ts';
import { CallRefusedError, type Session } from './session.ts';
import type { Settings } from './settings.ts';
import { valueInXml } from './xml-detail.ts';

export interface Entry {
  /** `SaveAllergy/12/34`: the action, the patient, the entry; of a patient `SavePatient/12`. */
  readonly targetId: string;
  /** The entry by the list it stands in: several actions write into one list, and the entry is still one. */
  readonly place: string;
  /** By input, what came back; inputs that Unity does not give back are not here. */
  values(signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
}

export interface PatientFacts {
  readonly id: string;
  readonly mrn: string;
  readonly firstName: string;
  readonly lastName: string;
}

const PATIENTS_KEPT_MAX = 256;
/** A list is asked for once for all the entries that are read one after the other. */
const LIST_FRESH_MS = 10_000;
const LISTS_KEPT_MAX = 64;

interface List {
  readonly atMs: number;
  readonly entries: readonly Entry[];
}

export class Chart {
  readonly #session: Session;
  readonly #columns: Readonly<Record<string, ReadBack['columns']>>;
  readonly #patients = new Map<string, PatientFacts>();
  readonly #lists = new Map<string, List>();
  readonly #now: () => Date;

  constructor(session: Session, { readBack }: Pick<Settings, 'readBack'>, now: () => Date) {
    this.#session = session;
    this.#now = now;
    this.#columns = Object.fromEntries(
      Object.entries(ACTIONS).map(([name, action]) => [name, { ...action.readBack.columns, ...readBack[name] }]),
    );
  }

  /** By input, where it comes back; empty for an action of whose entries only the existence can be seen. */
  columnsOf(name: string): ReadBack['columns'] {
    return this.#columns[name] ?? {};
  }

  /** By action, the inputs that are not given back. */
  withheld(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries(
      Object.entries(ACTIONS).map(([name, { inputs }]) => {
        const seen = this.columnsOf(name);
        return [name, Object.keys(inputs).filter((input) => seen[input] === undefined)];
      }),
    );
  }

  /** Every entry of this action that the patient has now. */
  async entries(name: string, patientId: string, signal: AbortSignal): Promise<readonly Entry[]> {
    const { action, parameters = {}, id } = readBackOf(name);
    const rows = await this.#session.read({ action, patientId, parameters }, signal);
    const entries = rows.map((row) => this.#entry(name, patientId, requireId(action, columnOf(row, id)), row));
    keep(this.#lists, LISTS_KEPT_MAX, targetIdOf(name, patientId), { atMs: this.#now().getTime(), entries });
    return entries;
  }

  /** The patients with this record number; more than one is for the caller to refuse. */
  async patientsByMrn(mrn: string, signal: AbortSignal): Promise<readonly Entry[]> {
    const call = { action: 'GetPatientByMRN', parameters: { Parameter1: mrn } };
    const rows = await this.#session.read(call, signal).catch((error) => {
      // Whether nobody is an empty answer or an error is not public.
      if (error instanceof CallRefusedError) return [];
      throw error;
    });
    const ids = rows.map((row) => requireId(call.action, columnOf(row, 'ID')));
    return [...new Set(ids)].map((id) => this.#patient(id));
  }

  /** What is there under a target id. Fails with ITEM_NOT_FOUND. */
  async entry(targetId: string, signal: AbortSignal): Promise<Entry> {
    const missing = new ConnectorError('ITEM_NOT_FOUND', `Unity has nothing under ${JSON.stringify(targetId)}`);
    if (!TARGET_ID.test(targetId)) throw missing;
    const [name = '', patientId = ''] = targetId.split('/').map(decodeURIComponent);
    if (ACTIONS[name] === undefined) throw missing;
    if (name === PATIENT_ACTION) {
      if ((await this.patientFacts(patientId, signal)) === undefined) throw missing;
      return this.#patient(patientId);
    }
    const known = this.#lists.get(targetIdOf(name, patientId));
    const isFresh = known !== undefined && this.#now().getTime() - known.atMs < LIST_FRESH_MS;
    const entries = isFresh ? known.entries : await this.entries(name, patientId, signal);
    const found = entries.find((each) => each.targetId === targetId);
    if (found === undefined) throw missing;
    return found;
  }

  /** What other calls need of a patient; undefined where there is none of this id. */
  async patientFacts(id: string, signal: AbortSignal): Promise<PatientFacts | undefined> {
    const known = this.#patients.get(id);
    if (known !== undefined) return known;
    const row = await this.#patientRow(id, signal);
    if (row === undefined) return undefined;
    const column = (name: string): string => columnOf(row, name) ?? '';
    const facts = { id, mrn: column('mrn'), firstName: column('Firstname'), lastName: column('LastName') };
    keep(this.#patients, PATIENTS_KEPT_MAX, id, facts);
    return facts;
  }

  async #patientRow(patientId: string, signal: AbortSignal): Promise<Row | undefined> {
    try {
      return (await this.#session.read({ action: 'GetPatient', patientId }, signal))[0];
    } catch (error) {
      if (error instanceof CallRefusedError) return undefined;
      throw error;
    }
  }

  #patient(id: string): Entry {
    const values = async (signal: AbortSignal) =>
      this.#valuesIn(PATIENT_ACTION, (await this.#patientRow(id, signal)) ?? {});
    return { targetId: targetIdOf(PATIENT_ACTION, id), place: targetIdOf('GetPatient', id), values };
  }

  #entry(name: string, patientId: string, id: string, row: Row): Entry {
    const { action, parameters = {}, one } = readBackOf(name);
    const values = async (signal: AbortSignal) => {
      const isWhole = Object.values(this.columnsOf(name)).every((column) => columnIn(row, column) !== undefined);
      if (isWhole || one === undefined) return this.#valuesIn(name, row);
      const call = { action, patientId, parameters: { ...parameters, [one]: id } };
      return this.#valuesIn(name, (await this.#session.read(call, signal))[0] ?? {});
    };
    const place = targetIdOf(action, patientId, id);
    return { targetId: targetIdOf(name, patientId, id), place, values };
  }

  #valuesIn(name: string, row: Row): Readonly<Record<string, string>> {
    return Object.fromEntries(
      Object.entries(this.columnsOf(name)).flatMap(([input, column]) => {
        const value = columnIn(row, column);
        return value === undefined || value === '' ? [] : [[input, value.replaceAll('\r\n', '\n')]];
      }),
    );
  }
}

/** Sets an entry and lets the oldest go where there are too many. */
function keep<T>(map: Map<string, T>, most: number, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}

/** An action, a patient and perhaps an entry, each percent-encoded. */
const TARGET_ID = /^[A-Za-z]+(\/(?:[^/%]|%[0-7][0-9A-F])+){1,2}$/;

/** The place of an entry by its target id. */
export function placeOf(targetId: string): string {
  const [name = '', ...rest] = targetId.split('/');
  return [readBackOf(name).action, ...rest].join('/');
}

export function targetIdOf(...parts: readonly string[]): string {
  return parts.map(encodeURIComponent).join('/');
}

/** The id Unity gave the patient, out of a target id. */
export function patientIdIn(targetId: string): string {
  return decodeURIComponent(targetId.split('/')[1] ?? '');
}

function columnIn(row: Row, column: string): string | undefined {
  const [name = '', element] = column.split('/');
  const value = columnOf(row, name);
  return element === undefined || value === undefined ? value : valueInXml(value, element);
}

function readBackOf(name: string): ReadBack {
  const action = ACTIONS[name];
  if (action === undefined) throw new ConnectorError('UNSUPPORTED', `${name} is no action of this connector`);
  return action.readBack;
}

/** An entry without a name could be written again as if it were not there. */
function requireId(action: string, id: string | undefined): string {
  if (id !== undefined && id !== '') return id;
  throw new ConnectorError('UNSUPPORTED', `${action} does not name its entries as public clients expect`);
}
