/** Dictionaries come before records: a code that is in none is refused before anything is written. */
import { ConnectorError } from '@waybill/connector-sdk';
import type { Lookup } from './actions.ts';
import { columnOf, type Row } from './answer.ts';
import { refused, type UnityRecord } from './record.ts';
import { CallRefusedError, type Session } from './session.ts';
import type { Settings } from './settings.ts';

/** Entries may be added while a migration runs. */
const FRESH_MS = 10 * 60_000;

interface Known {
  readonly atMs: number;
  readonly entries: ReadonlySet<string>;
}

export class Dictionaries {
  readonly #session: Session;
  readonly #names: Settings['dictionaries'];
  readonly #now: () => Date;
  readonly #known = new Map<Lookup, Known>();

  constructor(session: Session, { dictionaries }: Pick<Settings, 'dictionaries'>, now: () => Date) {
    this.#session = session;
    this.#names = dictionaries;
    this.#now = now;
  }

  /** Fails with ITEM_REFUSED, naming dictionary, input and record, for the first code that is not there. */
  async requireAll(records: readonly UnityRecord[], signal: AbortSignal): Promise<void> {
    for (const { key, name, action, inputs } of records) {
      for (const [input, { lookup }] of Object.entries(action.inputs)) {
        const code = inputs[input];
        if (lookup === undefined || code === undefined) continue;
        if ((await this.#entries(lookup, signal)).has(code)) continue;
        const remedy = 'add it there, or correct the code map';
        throw refused(`${name}.${input} of the record ${key} is not in ${this.#nameOf(lookup)} of Unity; ${remedy}`);
      }
    }
  }

  /** How many entries each dictionary of the settings has. Fails with CONFIG_INVALID for one that is not there. */
  async sizes(signal: AbortSignal): Promise<Readonly<Record<string, number>>> {
    const sizes: Record<string, number> = {};
    for (const lookup of NAMED) {
      const name = this.#names[lookup];
      if (name !== undefined) sizes[name] = (await this.#entries(lookup, signal)).size;
    }
    return sizes;
  }

  async #entries(lookup: Lookup, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const atMs = this.#now().getTime();
    const known = this.#known.get(lookup);
    if (known !== undefined && atMs - known.atMs < FRESH_MS) return known.entries;
    const entries = new Set((await this.#rows(lookup, signal)).flatMap(codesIn));
    this.#known.set(lookup, { atMs, entries });
    return entries;
  }

  async #rows(lookup: Lookup, signal: AbortSignal): Promise<readonly Row[]> {
    const isProviders = lookup === 'providers';
    const call = isProviders
      ? { action: PROVIDERS }
      : { action: 'GetDictionary', parameters: { Parameter1: this.#nameOf(lookup) } };
    try {
      return await this.#session.read(call, signal);
    } catch (error) {
      if (!(error instanceof CallRefusedError)) throw error;
      throw new ConnectorError('CONFIG_INVALID', `Unity does not give ${this.#nameOf(lookup)}; correct dictionaries`);
    }
  }

  #nameOf(lookup: Lookup): string {
    if (lookup === 'providers') return PROVIDERS;
    const name = this.#names[lookup];
    if (name !== undefined) return name;
    const message = `dictionaries.${lookup}: name the dictionary of Unity in which these codes are looked up`;
    throw new ConnectorError('CONFIG_INVALID', message);
  }
}

const PROVIDERS = 'GetProviders';
/** Those that a site names. */
const NAMED = ['documentTypes', 'allergens', 'problemStatuses', 'problemSeverities', 'encounterTypes'] as const;

/** Public clients send now the code and now the name of an entry. Entries that are not active are not to be used. */
function codesIn(row: Row): readonly string[] {
  if (/^n/i.test(columnOf(row, 'Active') ?? '')) return [];
  return ['EntryCode', 'EntryName'].flatMap((name) => columnOf(row, name) ?? []).filter((code) => code !== '');
}
