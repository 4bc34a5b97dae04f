/** `waybill connector test PATH...`: the conformance kit on a package, ours or a stranger's, scenario by scenario. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  FULL_ITEM_BYTES,
  reportOf,
  SCENARIOS,
  writeReport,
  type Harness,
  type Verdict,
} from '../../plugins/sdk/conformance.ts';
import { judge } from '../../plugins/sdk/conformance/perform.ts';
import type { Connector } from '../../plugins/sdk/index.ts';
import { CommandRefused, EXIT, report, type ExitCode } from '../exit.ts';

export interface ConnectorTestOptions {
  readonly json?: boolean;
  /** Write conformance.json into the package. */
  readonly report?: boolean;
  /** Pass an item of a gibibyte through it in bounded memory, which takes a while. */
  readonly full?: boolean;
}

const MARKS = { passed: '✓', failed: '✗', skipped: '-' } as const;

/** One after the other; exit 0 when no scenario failed, 2 when one did, 3 when there is nothing to run. */
export async function testConnectors(paths: readonly string[], options: ConnectorTestOptions): Promise<ExitCode> {
  let worst: ExitCode = EXIT.clean;
  for (const path of paths) {
    const code = await testConnector(path, options).catch((error: unknown) => report(error));
    worst = Math.max(worst, code) as ExitCode;
  }
  return worst;
}

async function testConnector(path: string, options: ConnectorTestOptions): Promise<ExitCode> {
  const folder = resolve(path);
  const { connector, harness } = await packageIn(folder);
  const lent: Harness = { ...harness, package: folder, ...(options.full && { largeBytes: FULL_ITEM_BYTES }) };
  const verdicts: Verdict[] = [];
  try {
    for (const scenario of SCENARIOS) {
      const verdict = await judge(scenario, connector, lent);
      verdicts.push(verdict);
      if (!options.json) process.stdout.write(`${lineOf(verdict)}\n`);
    }
  } finally {
    await harness.close?.();
  }
  const found = await reportOf(connector, lent, verdicts);
  if (options.report) await writeReport(folder, found);
  if (options.json) process.stdout.write(`${JSON.stringify(found)}\n`);
  else process.stdout.write(`${totalOf(connector, verdicts)}\n`);
  return found.conforms ? EXIT.clean : EXIT.exceptionsOpen;
}

function lineOf(verdict: Verdict): string {
  const said = `${MARKS[verdict.result]} ${verdict.name}: ${verdict.promise}`;
  if (verdict.result === 'passed') return said;
  return verdict.result === 'failed' ? `${said}\n    ${verdict.why}` : `${said} (skipped: ${verdict.because})`;
}

function totalOf(connector: Connector, verdicts: readonly Verdict[]): string {
  const count = (result: Verdict['result']) => verdicts.filter((each) => each.result === result).length;
  const numbers = `${count('passed')} kept, ${count('failed')} broken, ${count('skipped')} do not apply`;
  return `${connector.id} ${connector.version}: ${numbers}`;
}

interface Packaged {
  readonly exports?: { readonly '.'?: string };
  readonly waybill?: { readonly harness?: string };
}

async function packageIn(folder: string): Promise<{ connector: Connector; harness: Harness }> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => {
    throw refused(`${folder} is no package`, 'name the folder that holds the package.json of a connector');
  });
  const { exports: entries, waybill } = JSON.parse(text) as Packaged;
  if (waybill?.harness === undefined) {
    const remedy =
      'name the module that exports `harness` there, as "waybill": { "harness": "./conformance/harness.js" }';
    throw refused(`${folder} does not say how it is tested`, remedy);
  }
  const { default: connector } = (await load(folder, entries?.['.'] ?? 'index.js')) as { default?: Connector };
  const { harness, skipped } = (await load(folder, waybill.harness)) as { harness?: Harness; skipped?: string };
  if (skipped !== undefined)
    throw refused(`it cannot be tested on this machine: ${skipped}`, 'install it, or go elsewhere');
  if (connector !== undefined && harness !== undefined) return { connector, harness };
  throw refused(
    `${folder} exports no connector or no harness`,
    'export the connector by default and `harness` by name',
  );
}

function load(folder: string, path: string): Promise<unknown> {
  return import(pathToFileURL(join(folder, path)).href);
}

function refused(message: string, remedy: string): CommandRefused {
  return new CommandRefused([{ code: 'CONNECTOR_NOT_TESTABLE', message, remedy }]);
}
