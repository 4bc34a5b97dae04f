/** What the kit found, as a document that is shipped with the package and goes into evidence. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connector } from '../connector.ts';
import { type Harness, largeBytesOf } from './harness.ts';
import { packageDigest, publishedDigest, REPORT_NAME } from './package-digest.ts';
import type { Verdict } from './perform.ts';

export interface ConformanceReport {
  readonly format: 1;
  readonly connector: { readonly id: string; readonly version: string };
  /** Version of the SDK whose kit it was. */
  readonly kit: string;
  /** The package that was tested; absent when the harness names no folder. */
  readonly package?: TestedPackage | undefined;
  /** Size of the largest item that passed in bounded memory; absent where none was tried. */
  readonly largeItemBytes?: number | undefined;
  /** True when no scenario failed and every one was run or skipped for a reason. */
  readonly conforms: boolean;
  readonly scenarios: readonly Verdict[];
}

export interface TestedPackage {
  readonly name: string;
  readonly version: string;
  /** See packageDigest: of everything in the folder where it was tested. */
  readonly sha256: string;
  /** Of what of it is published, and so of the folder where it is installed; absent where npm was not there to ask. */
  readonly publishedSha256?: string | undefined;
}

const OF_LARGE_ITEMS = ['read.in-chunks', 'stage.in-chunks'];

/** Puts the verdicts together. It says nothing of when or where, so two runs compare. */
export async function reportOf(
  connector: Connector,
  harness: Harness,
  verdicts: readonly Verdict[],
): Promise<ConformanceReport> {
  const { package: folder } = harness;
  const isTried = verdicts.some(({ name, result }) => OF_LARGE_ITEMS.includes(name) && result === 'passed');
  const kit = await packageJsonIn(join(import.meta.dirname, '..'));
  const { id, version } = connector;
  return {
    format: 1,
    connector: { id, version },
    kit: kit.version,
    ...(folder === undefined ? {} : { package: await identityOf(folder) }),
    ...(isTried && { largeItemBytes: largeBytesOf(connector, harness) }),
    conforms: verdicts.every(({ result }) => result !== 'failed'),
    scenarios: verdicts,
  };
}

/** Writes `conformance.json` into the folder. */
export async function writeReport(folder: string, report: ConformanceReport): Promise<void> {
  await writeFile(join(folder, REPORT_NAME), `${JSON.stringify(report, undefined, 2)}\n`);
}

async function identityOf(folder: string): Promise<TestedPackage> {
  const { name, version } = await packageJsonIn(folder);
  const publishedSha256 = await publishedDigest(folder);
  return { name, version, sha256: await packageDigest(folder), ...(publishedSha256 && { publishedSha256 }) };
}

async function packageJsonIn(folder: string): Promise<{ readonly name: string; readonly version: string }> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { name: string; version: string };
}
