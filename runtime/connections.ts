/** Keeps how endpoints were reached: for each distinct connection a sealed document, and what names it. */
import { canonicalJson, type Json } from '../kernel/canonical-json.ts';
import { connectedDocument, type Connected, testedInWords } from '../kernel/connected.ts';
import type { EventType } from '../kernel/event.ts';
import type { Announcer } from './announce.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Store } from './store.ts';
import type { Strongroom } from './strongroom.ts';

export interface ConnectionOffice {
  readonly store: Pick<Store, 'transact'>;
  readonly strongroom: Pick<Strongroom, 'put'>;
  readonly clock: Clock;
  /** Of the subgraph that opens the endpoint. */
  readonly announcer: Pick<Announcer, 'eventOf' | 'entryOf'>;
  readonly type: EventType;
}

/** What it was opened for; without a batch, the migration. */
export interface OpenedFor {
  readonly migrationId: string;
  readonly batchId?: string | undefined;
}

export class ConnectionKeeper {
  readonly #office: ConnectionOffice;
  readonly #of: OpenedFor;
  readonly #keeping: Promise<void>[] = [];

  constructor(office: ConnectionOffice, openedFor: OpenedFor) {
    this.#office = office;
    this.#of = openedFor;
  }

  /** Handed to the host with the endpoint. Told again after a restart, it is kept once. */
  readonly heard = (connected: Connected, report: Uint8Array | undefined): void => {
    const keeping = this.#keep(connected, report);
    // Whoever settles hears of it.
    keeping.catch(() => {});
    this.#keeping.push(keeping);
  };

  /** Resolves once everything that was heard is kept; fails when it could not be. */
  async settle(): Promise<void> {
    await Promise.all(this.#keeping);
  }

  async #keep(connected: Connected, report: Uint8Array | undefined): Promise<void> {
    const { announcer, clock, store, strongroom, type } = this.#office;
    const { digest: document } = await strongroom.put([Buffer.from(canonicalJson(connectedDocument(connected)))]);
    const sealed = report === undefined ? null : (await strongroom.put([report])).digest;
    const { role, connector, conformance, negotiated } = connected;
    const { id, version } = connector;
    const payload: Json = {
      ...{ ...this.#of },
      ...{ role, connector: id, version, document, report: sealed },
      ...{ tested: testedInWords(conformance), negotiated: negotiated && { ...negotiated } },
    };
    const subject = this.#of.batchId ?? this.#of.migrationId;
    const digests = { document, ...(sealed !== null && { report: sealed }) };
    await store.transact(async (unit) => {
      unit.emit(announcer.eventOf({ clock }, { type, subject, occurrence: document, payload }));
      const act = { action: 'endpoint-connected', subject, occurrence: document, [role]: id, digests };
      unit.audit(announcer.entryOf({ clock, random: nothing }, act));
    });
  }
}

/** Its occurrence is given, so nothing is drawn. */
function nothing(): never {
  throw new Error('nothing random is needed');
}
