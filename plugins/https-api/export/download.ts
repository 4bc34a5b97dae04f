/** Brings one file of an export into the spool, line by line, and goes on where it was interrupted. */
import { ConnectorError, isConnectorError, parseKeepingDigits, type Spool } from '@waybill/connector-sdk';
import type { Answer, Ask } from '../exchange.ts';
import type { Bundle, Resource } from '../fhir.ts';
import type { Http } from '../http.ts';
import { pauseBefore } from '../pause.ts';
import type { OperationOutcome } from '../status.ts';
import type { ManifestFile } from './manifest.ts';
import { Piece, PIECE_BYTES, pieceKey } from './pieces.ts';

const LINE_FEED = 0x0a;
const LINE_MAX_BYTES = 64 * 1024 * 1024;
/** Without any progress in between. */
const TRIES_MAX = 4;
const PAUSE_MOST_MS = 30_000;
const ID = /^[A-Za-z0-9\-.]{1,64}$/;

/** How far a file is; everything before `offsetBytes` is durable. */
export interface Progress {
  readonly offsetBytes: number;
  readonly resources: number;
  /** Of the whole export, so far. */
  readonly pieces: number;
  /** The file's ETag, where the service gives one: a file that is made anew meanwhile is not the same file. */
  readonly etag?: string | undefined;
}

/** Where a reading is. */
type Place = Pick<Progress, 'offsetBytes' | 'etag'>;

interface TextLine {
  readonly text: string;
  readonly after: Place;
}

export interface Download {
  readonly http: Http;
  readonly spool: Spool;
  readonly generation: string;
  readonly needsToken: boolean;
  /** Resolves once the progress is durable. */
  save(progress: Progress): Promise<void>;
}

/** Fails with ITEM_CHANGED when the file holds anything but what the manifest promises. */
export async function download(
  to: Download,
  file: ManifestFile,
  from: Progress,
  signal: AbortSignal,
): Promise<Progress> {
  let saved = from;
  const piece = new Piece();
  let at = from;
  const flush = async (): Promise<void> => {
    if (piece.sizeBytes > 0) {
      await piece.store(to.spool, pieceKey(to.generation, at.pieces));
      at = { ...at, pieces: at.pieces + 1 };
    }
    await to.save(at);
    saved = at;
  };
  for await (const { text, after } of linesOf(to, file, from, signal)) {
    if (text.trim() !== '') {
      piece.add(lineOf(file, text));
      at = { ...at, resources: at.resources + 1 };
    }
    at = { ...at, ...after };
    if (piece.sizeBytes >= PIECE_BYTES) await flush();
  }
  await flush();
  if (file.count === undefined || file.count === saved.resources) return saved;
  const message = `an exported file of ${file.type} holds ${saved.resources} resources, not the ${file.count} promised`;
  throw new ConnectorError('ITEM_CHANGED', `${message} by its manifest; export again`);
}

function lineOf({ type }: ManifestFile, text: string) {
  const resource = resourceIn(text);
  const { id = '', meta } = resource;
  if (resource.resourceType !== type || !ID.test(id)) {
    throw new ConnectorError('UNSUPPORTED', `an exported file of ${type} holds something that is none, or has no id`);
  }
  const modified = Date.parse(meta?.lastUpdated ?? '');
  const modifiedAt = Number.isNaN(modified) ? '' : new Date(modified).toISOString();
  return { name: `${type}/${id}`, modifiedAt, content: Buffer.from(JSON.stringify(resource)) };
}

function resourceIn(text: string): Resource {
  try {
    return parseKeepingDigits(text) as Resource;
  } catch {
    // A file cut off at the service ends in the middle of a line, and its length is right all the same.
    throw new ConnectorError('ITEM_CHANGED', 'an exported file holds a line that is no whole JSON; export again');
  }
}

/** The lines from a place on, taken up again where the connection broke. */
async function* linesOf(to: Download, file: ManifestFile, from: Place, signal: AbortSignal): AsyncGenerator<TextLine> {
  let place = from;
  for (let tries = 1; ; tries++) {
    try {
      for await (const line of oneReading(to, file, place, signal)) {
        yield line;
        place = line.after;
        tries = 1;
      }
      return;
    } catch (error) {
      if (!isConnectorError(error) || error.retry !== 'transient' || tries >= TRIES_MAX) throw error;
      await pauseBefore(tries, PAUSE_MOST_MS, signal, error.retryAfterMs);
    }
  }
}

async function* oneReading(to: Download, file: ManifestFile, from: Place, signal: AbortSignal) {
  const { etag, bytes } = await asked(to, file, from, signal);
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let offsetBytes = from.offsetBytes;
  const text = (): string => Buffer.concat(waiting).toString('utf8');
  for await (const chunk of bytes) {
    let start = 0;
    for (let feed = chunk.indexOf(LINE_FEED); feed >= 0; feed = chunk.indexOf(LINE_FEED, start)) {
      waiting.push(chunk.subarray(start, feed));
      offsetBytes += waitingBytes + feed - start + 1;
      yield { text: text(), after: { offsetBytes, etag } };
      [waiting, waitingBytes, start] = [[], 0, feed + 1];
    }
    waiting.push(chunk.subarray(start));
    waitingBytes += chunk.byteLength - start;
    if (waitingBytes > LINE_MAX_BYTES) throw new ConnectorError('UNSUPPORTED', 'an exported line is over 64 MiB');
  }
  if (waitingBytes > 0) yield { text: text(), after: { offsetBytes: offsetBytes + waitingBytes, etag } };
}

/** Asks for a file from a place on. Fails with ITEM_CHANGED when it is no longer the file it was there. */
async function asked({ http, needsToken }: Download, { url }: ManifestFile, from: Place, signal: AbortSignal) {
  const headers = {
    accept: 'application/fhir+ndjson',
    ...(from.offsetBytes > 0 ? { range: `bytes=${from.offsetBytes}-` } : {}),
  };
  const reach = needsToken ? 'origin' : 'open';
  const ask = { method: 'GET', path: url, reach, headers, expected: [416], signal } as const;
  const answer = await http.ask(ask);
  const [etag] = [answer.headers.etag].flat();
  if (from.etag !== undefined && etag !== from.etag) {
    // What is left of it is not waited for, and its end is no news.
    answer.body.once('error', () => {}).destroy();
    throw new ConnectorError('ITEM_CHANGED', 'an exported file was made anew while it was read; export again');
  }
  return { etag, bytes: bytesOf(http, ask, answer, from.offsetBytes) };
}

/** Never a part as the whole: the length is compared, where there is one. */
async function* bytesOf(http: Http, ask: Ask, { status, headers, body }: Answer, fromBytes: number) {
  if (status === 416) return void (await body.dump());
  const declared = Number([headers['content-length']].flat()[0] ?? Number.NaN);
  // A service that knows no ranges sends everything again.
  let skip = status === 206 ? 0 : fromBytes;
  let received = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      received += chunk.byteLength;
      const fresh = chunk.subarray(Math.min(skip, chunk.byteLength));
      skip -= chunk.byteLength - fresh.byteLength;
      if (fresh.byteLength > 0) yield fresh;
    }
  } catch (error) {
    throw http.explain(error, ask);
  }
  if (Number.isNaN(declared) || declared === received) return;
  throw new ConnectorError('STREAM_TRUNCATED', `an exported file ended after ${received} of ${declared} bytes`);
}

export interface Report {
  readonly sizeBytes: number;
  readonly resources: number;
  /** Codes of the issues that are errors, each once. */
  readonly codes: readonly string[];
}

/** Counts what a file says of resources that were not exported, or are deleted. Nothing of it is kept. */
export async function report(to: Download, file: ManifestFile, signal: AbortSignal): Promise<Report> {
  const codes = new Set<string>();
  let [sizeBytes, resources] = [0, 0];
  for await (const { text, after } of linesOf(to, file, { offsetBytes: 0 }, signal)) {
    sizeBytes = after.offsetBytes;
    if (text.trim() === '') continue;
    const { issue = [], entry } = resourceIn(text) as Resource & OperationOutcome & Bundle;
    const errors = issue.filter(({ severity }) => severity === 'error' || severity === 'fatal');
    for (const { code } of errors) codes.add(code ?? 'unknown');
    if (file.type !== 'OperationOutcome') resources += entry?.length ?? 1;
    else if (errors.length > 0) resources++;
  }
  return { sizeBytes, resources, codes: [...codes].filter((code) => /^[a-z-]{1,30}$/.test(code)).sort() };
}
