/** How an endpoint was reached: by which code, tested how, over what. Said by the connector host, kept as evidence. */
import type { Json } from './canonical-json.ts';
import type { Sha256 } from './digest.ts';

export interface Connected {
  readonly role: 'source' | 'target';
  readonly connector: {
    readonly id: string;
    readonly version: string;
    readonly package: string;
    /** Of everything in its folder but its dependencies, as `sha256sum` lines. */
    readonly sha256: Sha256;
    /** How far it was kept apart from the engine. */
    readonly isolation: string;
  };
  readonly conformance: Tested;
  /** What it speaks over; null where it leaves its machine by no network. */
  readonly transport: string | null;
  /** What a connection agreed on; null where there is none, or where nothing was said of it. */
  readonly negotiated: Readonly<Record<string, string>> | null;
}

/** What is known of the tests of a connector: a report about these very files, or why there is none. */
export type Tested =
  | {
      /** Of conformance.json as it lies in the package. */
      readonly sha256: Sha256;
      readonly kit: string;
      readonly conforms: boolean;
      readonly passed: number;
      readonly failed: number;
      readonly skipped: number;
    }
  | { readonly sha256: null; readonly because: string };

/** Whether a report is about these files: as they lay where they were tested, or as they were published from there. */
export function isReportAbout(
  report: { readonly package?: { readonly sha256?: unknown; readonly publishedSha256?: unknown } | null | undefined },
  files: string,
): boolean {
  return report.package?.sha256 === files || report.package?.publishedSha256 === files;
}

const FORMAT = 1;

/** The document that is sealed. Equal connections make equal documents: it says nothing of when. */
export function connectedDocument({ role, connector, conformance, transport, negotiated }: Connected): Json {
  return {
    format: FORMAT,
    role,
    connector: { ...connector },
    conformance: { ...conformance },
    transport,
    negotiated: negotiated && { ...negotiated },
  };
}

/** In words, for people. */
export function testedInWords(tested: Tested): string {
  if (tested.sha256 === null) return `no conformance report: ${tested.because}`;
  const { kit, passed, failed, skipped } = tested;
  return `kit ${kit}: ${passed} kept, ${failed} broken, ${skipped} do not apply`;
}
