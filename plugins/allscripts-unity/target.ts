/** Unity as a target: a parcel waits in the spool and is committed call by call, each noted before it is made. */
import {
  ConnectorError,
  isConnectorError,
  requireSafePath,
  type ConnectorContext,
  type Parcel,
  type Receipt,
  type Staged,
  type Target,
} from '@waybill/connector-sdk';
import { Chart } from './chart.ts';
import { Dictionaries } from './dictionaries.ts';
import { imageOf } from './image.ts';
import { Ledger, type Named, once } from './ledger.ts';
import { patientOf } from './parents.ts';
import { PARCEL_MAX_BYTES, PATIENT_ACTION, recordsIn, refused, type UnityRecord } from './record.ts';
import type { Session } from './session.ts';
import type { Settings } from './settings.ts';
import { Turns } from './turns.ts';
import { type Desk, writeRecord } from './write.ts';

export function unityTarget(session: Session, settings: Settings, context: ConnectorContext): Target {
  const now = (): Date => context.now();
  const chart = new Chart(session, settings, now);
  const parcels = new Parcels(context, new Dictionaries(session, settings, now), {
    ...{ session, chart, now },
    ledger: new Ledger(context.spool),
    settleMs: settings.settleSeconds * 1000,
  });
  return {
    stat: (parcel, signal) => parcels.stat(parcel, signal),
    stage: async (parcel, bytes, signal) => {
      requireSafePath(parcel.path);
      return parcels.stage(parcel, bytes, signal);
    },
    commit: (parcel, staged, signal) => parcels.commit(parcel, staged, signal),
    discard: (staged) => context.spool.remove(staged.key),
    async *read(targetId, offsetBytes, signal) {
      if (offsetBytes > 0) throw new ConnectorError('UNSUPPORTED', 'a record of Unity is read from the beginning');
      const entry = await chart.entry(targetId, signal);
      const resourceType = targetId.split('/')[0] ?? '';
      yield Buffer.from(JSON.stringify({ resourceType, ...shaped(resourceType, await entry.values(signal)) }));
    },
    withheld: chart.withheld(),
    close: () => session.close(),
  };
}

/** Inputs that lineage maps make as lists of lines. */
const LISTS: Readonly<Record<string, readonly string[]>> = { SaveAllergy: ['comments'], SaveRX: ['comments'] };

function shaped(name: string, values: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  const lists = LISTS[name] ?? [];
  return Object.fromEntries(
    Object.entries(values).map(([input, value]) => [input, lists.includes(input) ? value.split('\n') : value]),
  );
}

class Parcels {
  readonly #context: ConnectorContext;
  readonly #dictionaries: Dictionaries;
  readonly #desk: Desk;
  readonly #turns = new Turns();

  constructor(context: ConnectorContext, dictionaries: Dictionaries, desk: Desk) {
    this.#context = context;
    this.#dictionaries = dictionaries;
    this.#desk = desk;
  }

  async stage(parcel: Parcel, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Staged> {
    if (parcel.shape !== 'records') throw new ConnectorError('UNSUPPORTED', 'Unity takes records, not whole items');
    const whole = await gather(parcel, bytes, signal);
    const records = recordsIn(parcel, whole.toString('utf8'));
    for (const record of records) if (record.name === 'SaveDocumentImage') imageOf(record);
    await this.#dictionaries.requireAll(records, signal);
    const sizeBytes = await this.#context.spool.write(parcel.key, once(whole));
    // The names outlive the spool, so that a commit can be repeated after it was cleaned up.
    const names = records.map(({ key, name }): Named => ({ key, name }));
    return { key: parcel.key, sizeBytes, state: { names: JSON.stringify(names) } };
  }

  /** What is spooled still says which records to look for; without it nothing is known. */
  async stat(parcel: Parcel, signal: AbortSignal): Promise<Receipt | undefined> {
    const records = await this.#spooled(parcel, signal);
    return records === undefined ? undefined : this.#receiptOf(records);
  }

  async commit(parcel: Parcel, staged: Staged, signal: AbortSignal): Promise<Receipt> {
    // A commit that its caller gave up may still be seeing a call to its end.
    return this.#turns.take(`parcel ${parcel.key}`, async () => {
      signal.throwIfAborted();
      const records = await this.#spooled(parcel, signal);
      if (records === undefined) {
        const found = await this.#receiptOf(JSON.parse(String(staged.state['names'])) as readonly Named[]);
        if (found !== undefined) return found;
        throw new ConnectorError('ITEM_NOT_FOUND', `nothing is staged for ${parcel.key} any more; stage it again`);
      }
      const parts = await this.#writeAll(records, signal);
      await this.#context.spool.remove(parcel.key);
      return receiptOf(parts);
    });
  }

  /** Patients first, then everything else in its order, each when nobody else writes to its patient. */
  async #writeAll(records: readonly UnityRecord[], signal: AbortSignal) {
    const ids = new Map<UnityRecord, string>();
    const isPatient = ({ name }: UnityRecord): boolean => name === PATIENT_ACTION;
    await this.#requireParents(records, signal);
    for (const record of [...records.filter(isPatient), ...records.filter((each) => !isPatient(each))]) {
      signal.throwIfAborted();
      const patientId = await patientOf(record, this.#desk, signal);
      const turn = isPatient(record) ? `number ${record.inputs['mrn'] ?? ''}` : `patient ${patientId}`;
      const write = (): Promise<string> => writeRecord(this.#desk, record, patientId, signal);
      const targetId = await this.#turns.take(turn, write).catch((error) => {
        this.#context.log('unity-record-not-written', { written: ids.size, of: records.length, code: codeOf(error) });
        throw error;
      });
      ids.set(record, targetId);
    }
    return records.map((record) => ({ key: record.key, targetId: ids.get(record) ?? '' }));
  }

  /** Before the first call: a parcel without its patient is refused whole. */
  async #requireParents(records: readonly UnityRecord[], signal: AbortSignal): Promise<void> {
    const here = new Set(records.filter(({ name }) => name === PATIENT_ACTION).map(({ key }) => key));
    const known = new Set<string>();
    for (const record of records) {
      if (record.parent === null || here.has(record.parent) || known.has(record.parent)) continue;
      await patientOf(record, this.#desk, signal);
      known.add(record.parent);
    }
  }

  async #receiptOf(names: readonly Named[]): Promise<Receipt | undefined> {
    const parts: { key: string; targetId: string }[] = [];
    for (const named of names) {
      const known = await this.#desk.ledger.read(named);
      if (known?.state !== 'written') return undefined;
      parts.push({ key: named.key, targetId: known.targetId });
    }
    return receiptOf(parts);
  }

  async #spooled(parcel: Parcel, signal: AbortSignal): Promise<readonly UnityRecord[] | undefined> {
    try {
      const whole = await gather(parcel, this.#context.spool.read(parcel.key), signal);
      return recordsIn(parcel, whole.toString('utf8'));
    } catch (error) {
      if (isConnectorError(error) && error.code === 'ITEM_NOT_FOUND') return undefined;
      throw error;
    }
  }
}

function receiptOf(parts: readonly { readonly key: string; readonly targetId: string }[]): Receipt {
  return { targetId: parts[0]?.targetId ?? '', parts };
}

function codeOf(error: unknown): string {
  return isConnectorError(error) ? error.code : 'UNEXPECTED';
}

async function gather(parcel: Parcel, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  signal.throwIfAborted();
  for await (const chunk of bytes) {
    signal.throwIfAborted();
    sizeBytes += chunk.byteLength;
    if (sizeBytes > PARCEL_MAX_BYTES) throw refused(`${parcel.key} is longer than 64 MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
