/**
 * A whole export in the spool. It is brought there once, survives a stop at any point, and is read from there: what
 * was listed is what is read, however long the migration takes and however soon the service forgets its files.
 */
import { randomUUID } from 'node:crypto';
import { ConnectorError, isConnectorError, type ConnectorContext, type Spool } from '@waybill/connector-sdk';
import type { Http } from '../http.ts';
import type { FhirSettings } from '../settings.ts';
import { Directory, digestOf } from './directory.ts';
import { download, report, type Download, type Progress, type Report } from './download.ts';
import { ExportJobs } from './job.ts';
import type { Manifest, ManifestFile } from './manifest.ts';
import { findIn, linesIn, loadJson, loadPiece, pieceKey, storeJson, type Line } from './pieces.ts';

const [PENDING, CURRENT] = ['export/pending', 'export/current'];
const NOTHING: Progress = { offsetBytes: 0, resources: 0, pieces: 0 };

/** After these the same export can go on. */
const MENDED_BY_PEOPLE: ReadonlySet<string> = new Set(['AUTH_FAILED', 'ACCESS_DENIED', 'SPACE_EXHAUSTED']);

/** An export under way; its files are durable up to `progress` of file number `file`. */
interface Pending {
  readonly generation: string;
  readonly statusUrl: string;
  readonly manifest?: Manifest | undefined;
}

interface Place {
  readonly file: number;
  readonly progress: Progress;
}

/** What the service says it could not hand over, or has deleted. */
export interface Shortfall extends Report {
  readonly kind: 'error' | 'deleted';
}

export interface Snapshot {
  readonly generation: string;
  readonly pieces: number;
  readonly shortfalls: readonly Shortfall[];
}

export class Snapshots {
  readonly #http: Http;
  readonly #context: ConnectorContext;
  readonly #settings: FhirSettings;
  readonly #jobs: ExportJobs;

  constructor(http: Http, context: ConnectorContext, settings: FhirSettings) {
    this.#http = http;
    this.#context = context;
    this.#settings = settings;
    this.#jobs = new ExportJobs(http, context, settings);
  }

  /** The export that `take` brought here last, in this process or an earlier one. */
  current(): Promise<Snapshot | undefined> {
    return loadJson<Snapshot>(this.#spool, CURRENT);
  }

  /** Exports anew, or goes on with what was interrupted; the snapshot before it is gone afterwards. */
  async take(signal: AbortSignal): Promise<Snapshot> {
    const pending = (await loadJson<Pending>(this.#spool, PENDING)) ?? (await this.#begin(signal));
    try {
      const snapshot = await this.#bring(pending, signal);
      await this.#replace(snapshot);
      await this.#abandon(pending, signal);
      return snapshot;
    } catch (error) {
      // What trying again does not mend is not gone on with.
      const isMended = isConnectorError(error) && MENDED_BY_PEOPLE.has(error.code);
      if (isConnectorError(error) && error.retry === 'permanent' && !isMended) await this.#abandon(pending, signal);
      throw error;
    }
  }

  get #spool(): Spool {
    return this.#context.spool;
  }

  async #begin(signal: AbortSignal): Promise<Pending> {
    const pending = { generation: randomUUID(), statusUrl: await this.#jobs.begin(signal) };
    await storeJson(this.#spool, PENDING, pending);
    return pending;
  }

  async #bring(pending: Pending, signal: AbortSignal): Promise<Snapshot> {
    const manifest = pending.manifest ?? (await this.#jobs.wait(pending.statusUrl, signal));
    if (manifest === undefined) {
      await this.#spool.remove(PENDING);
      const message = `${this.#http.base.origin} no longer knows the export it was preparing; it is asked for again`;
      throw new ConnectorError('UNAVAILABLE', message);
    }
    if (pending.manifest === undefined) await storeJson(this.#spool, PENDING, { ...pending, manifest });
    const { generation } = pending;
    const pieces = await this.#downloadAll(generation, manifest, signal);
    const shortfalls: Shortfall[] = [];
    for (const kind of ['error', 'deleted'] as const) {
      for (const file of manifest[kind]) {
        const found = await report(this.#downloadTo(generation, manifest), file, signal);
        if (found.resources > 0) shortfalls.push({ kind, ...found });
      }
    }
    await this.#requireNamesOnce(await this.directoryOf({ generation, pieces }, signal), generation);
    return { generation, pieces, shortfalls };
  }

  async #downloadAll(generation: string, manifest: Manifest, signal: AbortSignal): Promise<number> {
    const key = `export/${generation}/progress`;
    let { file, progress } = (await loadJson<Place>(this.#spool, key)) ?? { file: 0, progress: NOTHING };
    for (; file < manifest.output.length; file++) {
      const each = manifest.output[file] as ManifestFile;
      if (this.#settings.types?.includes(each.type) !== true) {
        this.#context.log('export-file-not-asked-for', { type: each.type });
        continue;
      }
      const at = file;
      const to = this.#downloadTo(generation, manifest, (now) =>
        storeJson(this.#spool, key, { file: at, progress: now }),
      );
      const done = await download(to, each, progress, signal);
      progress = { ...NOTHING, pieces: done.pieces };
      await storeJson(this.#spool, key, { file: file + 1, progress });
      this.#context.log('export-file-read', { type: each.type, file, resources: done.resources });
    }
    return progress.pieces;
  }

  #downloadTo(generation: string, manifest: Manifest, save: Download['save'] = async () => {}): Download {
    return { http: this.#http, spool: this.#spool, generation, needsToken: manifest.requiresAccessToken, save };
  }

  async directoryOf(snapshot: Pick<Snapshot, 'generation' | 'pieces'>, signal: AbortSignal): Promise<Directory> {
    const directory = new Directory();
    for (let piece = 0; piece < snapshot.pieces; piece++) {
      signal.throwIfAborted();
      for (const { name } of linesIn(await this.#load(snapshot.generation, piece))) directory.add(name, piece);
    }
    directory.sort();
    return directory;
  }

  /** Two versions of one resource would be one item with two contents. */
  async #requireNamesOnce(directory: Directory, generation: string): Promise<void> {
    for (const { digest, pieces } of directory.alike()) {
      const seen = new Set<string>();
      for (const piece of new Set(pieces)) {
        for (const { name } of linesIn(await this.#load(generation, piece))) {
          if (digestOf(name) !== digest) continue;
          if (seen.has(name)) throw new ConnectorError('UNSUPPORTED', `the export holds ${name} twice; export again`);
          seen.add(name);
        }
      }
    }
  }

  async *lines({ generation, pieces }: Snapshot, signal: AbortSignal): AsyncGenerator<Line> {
    for (let piece = 0; piece < pieces; piece++) {
      signal.throwIfAborted();
      yield* linesIn(await this.#load(generation, piece));
    }
  }

  /** Fails with ITEM_NOT_FOUND when a newer snapshot has taken the place of this one. */
  async find(snapshot: Snapshot, directory: Directory, name: string): Promise<Line | undefined> {
    for (const piece of new Set(directory.find(name))) {
      const found = findIn(await this.#load(snapshot.generation, piece), name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #load(generation: string, piece: number): Promise<Buffer> {
    return loadPiece(this.#spool, pieceKey(generation, piece));
  }

  async #replace(snapshot: Snapshot): Promise<void> {
    const before = await this.current();
    await storeJson(this.#spool, CURRENT, snapshot);
    if (before !== undefined && before.generation !== snapshot.generation)
      await this.#forget(before.generation, before);
  }

  /** The service is told, and what was brought here of an export that is no snapshot is taken away. */
  async #abandon(pending: Pending, signal: AbortSignal): Promise<void> {
    await this.#jobs.end(pending.statusUrl, signal);
    await this.#spool.remove(PENDING);
    if ((await this.current())?.generation !== pending.generation) {
      const place = await loadJson<Place>(this.#spool, `export/${pending.generation}/progress`);
      await this.#forget(pending.generation, { pieces: place?.progress.pieces ?? 0 });
    }
    await this.#spool.remove(`export/${pending.generation}/progress`);
  }

  async #forget(generation: string, { pieces }: { readonly pieces: number }): Promise<void> {
    for (let piece = 0; piece < pieces; piece++) await this.#spool.remove(pieceKey(generation, piece));
  }
}
