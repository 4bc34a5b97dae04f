/**
 * The sequencer: takes audit rows into the log, in the order they were committed, each once.
 *
 * Life of an entry: an audit row is committed with the change it speaks of -> the head is moved over it by
 * compare-and-swap, together with a stage that holds its exact bytes and the signed checkpoint -> its bundle and tiles
 * are written and synced -> the checkpoint is published and the stage forgotten, under the lock of the head.
 * Whoever finds a stage finishes it by the same steps, so a crash anywhere is repaired by going on. Files are written
 * only from stages, so two sequencers cannot fork the log.
 */
import { encodeBase64 } from '../domain/base64.ts';
import type { AuditEntry } from '../../../kernel/event.ts';
import type { Signer } from '../../../kernel/signature.ts';
import type { Database } from '../../../runtime/database.ts';
import { auditRows } from '../../../runtime/outbox.ts';
import type { Store } from '../../../runtime/store.ts';
import { originOf, signCheckpoint } from '../domain/checkpoint.ts';
import { fittingEntry, indexedEntry } from '../domain/entry.ts';
import { leafHash } from '../domain/merkle.ts';
import { type NoteVerifier, noteVerifier } from '../domain/note.ts';
import { encodeBundle } from '../domain/tile.ts';
import { openHead, publishStage, readHead, type Staged, stagesOf, takeIn } from '../store/log-head.ts';
import type { LogHead } from '../store/tables.ts';
import { damaged, filledBetween, loadEdge, type LogEdge, writeBatch } from './append.ts';
import type { LogFiles } from './log-files.ts';

/** Entries taken in at once; one checkpoint is signed and published for all of them. */
export const BATCH_ENTRIES_MAX = 2_000;

export class Sequencer {
  readonly origin: string;
  readonly verifier: NoteVerifier;
  readonly #database: Database;
  readonly #store: Store;
  readonly #files: LogFiles;
  readonly #signer: Signer;
  #published = 0;
  /** Where the files stand; forgotten after every failure and then read again from the disk. */
  #edge: LogEdge | undefined;

  constructor(database: Database, files: LogFiles, signer: Signer) {
    this.#database = database;
    this.#store = database.store('audit');
    this.#files = files;
    this.#signer = signer;
    this.origin = originOf(signer);
    this.verifier = noteVerifier(this.origin, signer.publicKey);
  }

  /** The size of the last published checkpoint that was seen here. */
  get published(): number {
    return this.#published;
  }

  /** Makes the head of an empty log when there is none, and finishes what a crash left undone. */
  async open(): Promise<void> {
    await this.#store.transact((unit) => openHead(unit, this.origin));
    await this.#settle();
    const head = await this.#store.read(readHead);
    this.#published = head.published;
    const checkpoint = signCheckpoint({ ...headOf(head), size: head.size }, this.#signer);
    if ((await this.#files.checkpoint()) === undefined) await this.#files.publish(checkpoint);
  }

  /** Takes in one batch and publishes it. Gives the number of entries; 0 when there was nothing to take in. */
  async step(): Promise<number> {
    try {
      // The head is read before the stages: what it has taken in is then either a stage or already in the files.
      const head = await this.#store.read(readHead);
      this.#published = Math.max(this.#published, head.published);
      await this.#settle();
      const rows = await auditRows(this.#database, head.cursor, BATCH_ENTRIES_MAX);
      const last = rows.at(-1);
      if (last === undefined) return 0;
      const entries = rows.map((row) => fittingEntry(row.bytes));
      await this.#takeIn(head, entries, last.position);
      await this.#settle();
      return rows.length;
    } catch (error) {
      this.#edge = undefined;
      throw error;
    }
  }

  async #takeIn(head: LogHead, entries: readonly Uint8Array[], cursor: string): Promise<void> {
    const { tree } = await this.#edgeAt(head.size);
    const grown = tree.copy();
    if (!grown.root().equals(headOf(head).root)) throw damaged('checkpoint');
    for (const entry of entries) grown.append(leafHash(entry));
    const root = grown.root();
    const checkpoint = signCheckpoint({ origin: this.origin, size: grown.size, root }, this.#signer);
    const index: AuditEntry[] = entries.map(indexedEntry);
    await this.#store.transact((unit) =>
      takeIn(unit, {
        head,
        cursor,
        checkpoint,
        root: encodeBase64(root),
        bundle: encodeBundle(entries),
        entries: index,
      }),
    );
  }

  /** Finishes every stage there is. */
  async #settle(): Promise<void> {
    for (const stage of await this.#store.read(stagesOf)) await this.#finish(stage);
  }

  async #finish(stage: Staged): Promise<void> {
    const edge = await this.#edgeAt(stage.start);
    this.#edge = await writeBatch(this.#files, edge, stage, this.verifier);
    await this.#store.transact((unit) => publishStage(unit, stage, () => this.#files.publish(stage.checkpoint)));
    this.#published = Math.max(this.#published, stage.size);
    await this.#files.forgetPartials(filledBetween(stage.start, stage.size));
  }

  async #edgeAt(size: number): Promise<LogEdge> {
    if (this.#edge?.tree.size !== size) this.#edge = await loadEdge(this.#files, size);
    return this.#edge;
  }
}

function headOf({ origin, root }: LogHead): { readonly origin: string; readonly root: Buffer } {
  return { origin, root: Buffer.from(root, 'base64') };
}
