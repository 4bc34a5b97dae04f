/** The connections: each names the code it was made by, and the conformance report about that very code, or none. */
import { isReportAbout, testedInWords, type Tested } from '../../../../kernel/connected.ts';
import { CONNECTIONS_FOLDER } from '../pack-paths.ts';
import type { OpenPack } from './open-pack.ts';

/** A connector that the migration used, and what is known of its tests. */
export interface UsedConnector {
  readonly id: string;
  readonly version: string;
  readonly sha256: string;
  /** In words; that there is no report is said here. */
  readonly tested: string;
}

interface ConnectionDocument {
  readonly format: 1;
  readonly connector: { readonly id: string; readonly version: string; readonly sha256: string };
  readonly conformance: Tested;
}

interface Report {
  readonly connector?: { readonly id?: unknown } | null;
  readonly package?: { readonly sha256?: unknown; readonly publishedSha256?: unknown } | null;
  readonly scenarios?: unknown;
}

const REPORT = /\.conformance(\.\d+)?\.json$/;

/** Checks each connection against its report; gives the connectors that were used, each once. */
export function verifyConnections(pack: OpenPack): readonly UsedConnector[] {
  const used = new Map<string, UsedConnector>();
  const paths = pack.under(CONNECTIONS_FOLDER);
  const reports = new Map(paths.filter((path) => REPORT.test(path)).map((path) => [pack.digest(path)?.sha256, path]));
  for (const path of paths.filter((each) => !REPORT.test(each))) {
    const document = pack.json(path);
    if (document === undefined) continue;
    if (!isDocument(document)) {
      pack.wrong(path, 'MALFORMED', 'does not say how an endpoint was reached');
      continue;
    }
    const { connector, conformance } = document;
    const { id, version, sha256 } = connector;
    if (conformance.sha256 !== null) verifyReport(pack, path, document, reports.get(conformance.sha256));
    const tested = testedInWords(conformance);
    used.set(`${id} ${sha256} ${tested}`, { id, version, sha256, tested });
  }
  return [...used.values()];
}

function verifyReport(pack: OpenPack, path: string, document: ConnectionDocument, at: string | undefined): void {
  const { connector, conformance } = document;
  const report = at === undefined ? undefined : (pack.json(at) as Report | null | undefined);
  if (at === undefined) {
    pack.wrong(path, 'CONFORMANCE_WRONG', 'names a conformance report that is not in the pack');
  } else if (!isReportAbout(report ?? {}, connector.sha256) || report?.connector?.id !== connector.id) {
    pack.wrong(path, 'CONFORMANCE_WRONG', `${at} is about another package than the one it was reached by`);
  } else if (conformance.sha256 !== null && !isCountOf(conformance, report?.scenarios)) {
    pack.wrong(path, 'CONFORMANCE_WRONG', `does not say what ${at} found`);
  }
}

type Counted = Extract<Tested, { readonly passed: number }>;

function isCountOf({ passed, failed, skipped, conforms }: Counted, scenarios: unknown): boolean {
  if (!Array.isArray(scenarios)) return false;
  const count = (wanted: string): number =>
    scenarios.filter((each: { readonly result?: unknown } | null) => each?.result === wanted).length;
  const isEqual = count('passed') === passed && count('failed') === failed && count('skipped') === skipped;
  return isEqual && conforms === (failed === 0 && passed > 0);
}

function isDocument(value: unknown): value is ConnectionDocument {
  const { format, connector, conformance } = (value ?? {}) as Partial<ConnectionDocument>;
  if (format !== 1 || typeof conformance !== 'object' || conformance === null) return false;
  const isNamed = [connector?.id, connector?.version, connector?.sha256].every((each) => typeof each === 'string');
  if (conformance.sha256 === null) return isNamed && typeof conformance.because === 'string';
  return isNamed && typeof conformance.sha256 === 'string' && typeof conformance.kit === 'string';
}
