/** What is known of a connector's tests: its own report, if it is about these very files. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isReportAbout, type Tested } from '../../kernel/connected.ts';
import { sha256, type Sha256 } from '../../kernel/digest.ts';
import type { ConformanceReport } from '../sdk/conformance.ts';
import { packageDigest, REPORT_NAME } from '../sdk/conformance/package-digest.ts';

const REPORT_BYTES_MAX = 4 * 1024 * 1024;

/** A package as it is now, and as it was tested. */
export interface Examined {
  readonly name: string;
  readonly sha256: Sha256;
  readonly tested: Tested;
  /** The report's own bytes, where there is one about these files. */
  readonly report?: Uint8Array | undefined;
}

/** `approved` is the digest of the report that people have seen; left out where nobody approves. */
export async function examined(folder: string, id: string, approved?: Sha256 | null): Promise<Examined> {
  const { name = folder } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { name?: string };
  const digest = await packageDigest(folder);
  const none = (because: string): Examined => ({ name, sha256: digest, tested: { sha256: null, because } });
  const bytes = await reportBytes(folder);
  if (bytes === undefined) return none('the package has none');
  const report = parsed(bytes);
  if (report === undefined) return none('its conformance.json is none');
  const ofReport = sha256(bytes);
  if (approved !== undefined && approved !== ofReport) return none('its conformance.json is not the one approved');
  if (!isReportAbout(report, digest) || report.connector.id !== id) {
    return none('its conformance.json is about other files');
  }
  return { name, sha256: digest, tested: { sha256: ofReport, ...countsOf(report) }, report: bytes };
}

/** The digest of the report in the folder; null where there is none. */
export async function reportDigest(folder: string): Promise<Sha256 | null> {
  const bytes = await reportBytes(folder);
  return bytes === undefined ? null : sha256(bytes);
}

async function reportBytes(folder: string): Promise<Buffer | undefined> {
  const bytes = await readFile(join(folder, REPORT_NAME)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return bytes !== undefined && bytes.byteLength <= REPORT_BYTES_MAX ? bytes : undefined;
}

function parsed(bytes: Buffer): ConformanceReport | undefined {
  try {
    const report = JSON.parse(bytes.toString()) as ConformanceReport;
    const isReport = report.format === 1 && typeof report.connector?.id === 'string' && Array.isArray(report.scenarios);
    return isReport ? report : undefined;
  } catch {
    return undefined;
  }
}

function countsOf({ kit, scenarios }: ConformanceReport) {
  const count = (wanted: string): number => scenarios.filter(({ result }) => result === wanted).length;
  const [passed, failed, skipped] = [count('passed'), count('failed'), count('skipped')];
  // Counted here again: a report that says so of itself is not taken at its word.
  return { kit: String(kit), conforms: failed === 0 && passed > 0, passed, failed, skipped };
}
