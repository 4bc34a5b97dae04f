/** `waybill lineage loss --map MAP FILE...`: what a map would lose of these files, before anything moves. */
import { createReadStream } from 'node:fs';
import { blockingLosses, LossMeter, type LossReport } from '../../records/lineage/loss.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { sizeOfFile } from '../named-file.ts';
import { table } from '../table.ts';
import { readMapOption } from './lineage-map.ts';

export interface LossOptions {
  readonly map: string;
  readonly codeMap?: readonly string[];
  readonly json?: boolean;
}

const READ_AHEAD_BYTES = 1 << 20;

/** Exit 0 where nothing is lost, 2 where something is. Files are named by their place in the list. */
export async function showLoss(files: readonly string[], options: LossOptions): Promise<ExitCode> {
  const meter = new LossMeter(await readMapOption(options.map, options.codeMap));
  for (const [index, file] of files.entries()) {
    await sizeOfFile(file);
    await meter.add(`file ${index + 1}`, file, createReadStream(file, { highWaterMark: READ_AHEAD_BYTES }));
  }
  const report = meter.report();
  process.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : `${lossText(report)}\n`);
  return blockingLosses(report) === 0 ? EXIT.clean : EXIT.exceptionsOpen;
}

export function lossText(report: LossReport): string {
  const { map, items, units, records, recordsWithProblems, values } = report;
  const parts = [
    `${map.name} ${map.version}: ${items} items, ${units} units, ${records} records, ${values} populated values`,
    section('populated and lost', ['path', 'populated', 'lost', 'rate'], report.lost.map(lostRow)),
    section(
      'overwritten without a word',
      ['target', 'rule', 'times'],
      report.overwritten.map(({ type, target, rule, count }) => [`${type}.${target}`, rule, count]),
    ),
    section(
      'filled from nothing',
      ['target', 'rule', 'times', 'critical'],
      report.fromNothing.map((each) => [
        `${each.type}.${each.target}`,
        each.rule,
        each.count,
        each.critical ? 'yes' : '',
      ]),
    ),
    section(
      'left behind on purpose',
      ['path', 'populated', 'reason'],
      report.excluded.map(({ path, populated, reason }) => [path, populated, reason]),
    ),
  ];
  if (recordsWithProblems > 0) parts.push(`${recordsWithProblems} records have problems and would become exceptions`);
  return parts.filter((part) => part !== '').join('\n\n');
}

function lostRow({ path, populated, lost }: LossReport['lost'][number]): readonly (string | number)[] {
  return [path, populated, lost, `${((100 * lost) / populated).toFixed(1)} %`];
}

function section(title: string, head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return rows.length === 0 ? '' : `${title}\n${table(head, rows)}`;
}
