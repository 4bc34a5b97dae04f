/** One export job at the service: asked for, waited for, taken away (Bulk Data Access IG 2.0, Bulk Data Export). */
import { ConnectorError, isConnectorError, type ConnectorContext } from '@waybill/connector-sdk';
import { FHIR_JSON } from '../fhir.ts';
import type { Http } from '../http.ts';
import { pauseBefore } from '../pause.ts';
import type { FhirSettings } from '../settings.ts';
import { codesOf, issuesIn, retryAfterIn } from '../status.ts';
import { manifestIn, type Manifest } from './manifest.ts';

const NDJSON = 'application/fhir+ndjson';
const WAIT_DEFAULT_HOURS = 24;
const HOUR_MS = 3_600_000;
const POLL_PAUSE_MOST_MS = 300_000;
/** Answers in a row that say the service cannot answer now. */
const FAILURES_IN_A_ROW_MAX = 10;

export class ExportJobs {
  readonly #http: Http;
  readonly #context: ConnectorContext;
  readonly #settings: FhirSettings;

  constructor(http: Http, context: ConnectorContext, settings: FhirSettings) {
    this.#http = http;
    this.#context = context;
    this.#settings = settings;
  }

  /** Kicks off an export; resolves to the address of its status. A lost answer leaves a job nobody asks for. */
  async begin(signal: AbortSignal): Promise<string> {
    const headers = { accept: FHIR_JSON, prefer: 'respond-async' };
    const {
      status,
      headers: answered,
      body,
    } = await this.#http.ask({ method: 'GET', path: this.#query(), headers, signal });
    await body.dump();
    const [location] = [answered['content-location']].flat();
    if (status === 202 && location !== undefined) return new URL(location, this.#http.base).href;
    throw new ConnectorError('UNSUPPORTED', `${this.#http.base.origin} answers $export without an address to ask at`);
  }

  #query(): string {
    const { types = [], export: bulk } = this.#settings;
    const query = new URLSearchParams({ _outputFormat: NDJSON, _type: types.join(',') });
    if (bulk?.since !== undefined) query.set('_since', bulk.since);
    if (bulk?.typeFilter !== undefined) query.set('_typeFilter', bulk.typeFilter.join(','));
    const level = { system: '', patient: 'Patient/', group: `Group/${bulk?.group ?? ''}/` }[bulk?.level ?? 'system'];
    return `${level}$export?${query}`;
  }

  /** The manifest, once it is there; `undefined` when the service knows nothing of the job any more. */
  async wait(statusUrl: string, signal: AbortSignal): Promise<Manifest | undefined> {
    const hours = this.#settings.export?.waitHours ?? WAIT_DEFAULT_HOURS;
    const until = this.#context.now().getTime() + hours * HOUR_MS;
    for (let [polls, failures] = [1, 0]; this.#context.now().getTime() < until; polls++) {
      const answer = await this.#poll(statusUrl, signal);
      if (answer === 'gone') return undefined;
      if (answer.manifest !== undefined) return answer.manifest;
      failures = answer.hasFailed ? failures + 1 : 0;
      if (failures >= FAILURES_IN_A_ROW_MAX) {
        throw new ConnectorError('UNAVAILABLE', `${this.#http.base.origin} no longer says how far the export is`);
      }
      this.#context.log('export-awaited', { polls, percent: answer.percent });
      await pauseBefore(polls, POLL_PAUSE_MOST_MS, signal, answer.retryAfterMs);
    }
    const message = `${this.#http.base.origin} did not finish the export within ${hours} hours`;
    throw new ConnectorError('UNSUPPORTED', `${message}; allow more in export.waitHours, or narrow types`);
  }

  async #poll(statusUrl: string, signal: AbortSignal) {
    const ask = {
      method: 'GET',
      path: statusUrl,
      reach: 'origin',
      headers: { accept: 'application/json' },
      expected: [404, 410, 429, 500, 502, 503, 504],
      signal,
    } as const;
    const { status, headers, body } = await this.#http.ask(ask);
    const text = await this.#http.text(ask, body);
    if (status === 404 || status === 410) return 'gone';
    if (status === 200) return { manifest: manifestIn(text), hasFailed: false, percent: 100, retryAfterMs: undefined };
    const issues = issuesIn(text);
    // The job itself failed, unless the service says that only this answer did.
    if (status === 500 && !issues.some(({ code }) => code === 'transient')) {
      const message = `${this.#http.base.origin} gave the export up (500${codesOf(issues)})`;
      throw new ConnectorError('UNSUPPORTED', `${message}; ask its administrator, or read by search`);
    }
    const retryAfterMs = retryAfterIn(headers['retry-after']);
    const said = Number.parseInt([headers['x-progress']].flat()[0] ?? '', 10);
    const percent = Number.isNaN(said) ? -1 : said;
    return { manifest: undefined, hasFailed: status >= 500, percent, retryAfterMs };
  }

  /** Tells the service that the files are no longer needed; one that keeps them all the same is no failure. */
  async end(statusUrl: string, signal: AbortSignal): Promise<void> {
    try {
      const { body } = await this.#http.ask({
        method: 'DELETE',
        path: statusUrl,
        reach: 'origin',
        expected: [404, 405, 410, 501],
        signal,
      });
      await body.dump();
    } catch (error) {
      if (!isConnectorError(error)) throw error;
      this.#context.log('export-not-deleted', { code: error.code });
    }
  }
}
