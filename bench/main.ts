/**
 * `npm run bench [-- NAME... [--full]]`: prints every figure beside its goal. A benchmark never fails. `--full`: at the
 * size of the goal, where that takes longer than a few minutes.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { table } from '../cli/table.ts';
import type { Figure } from './figure.ts';

interface Bench {
  run(full: boolean): Promise<readonly Figure[]>;
}

const NOT_FIGURES = new Set(['main.ts', 'figure.ts', 'rounds.ts']);
const given = process.argv.slice(2);
const isFull = given.includes('--full');
const wanted = given.filter((each) => each !== '--full');
const names = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.ts') && !NOT_FIGURES.has(name))
  .map((name) => name.slice(0, -'.ts'.length))
  .filter((name) => wanted.length === 0 || wanted.includes(name));
if (names.length === 0) process.stderr.write('no figure has that name\n');

const rows: (readonly string[])[] = [];
for (const name of names) {
  process.stderr.write(`measuring ${name} ...\n`);
  try {
    const module = (await import(join(import.meta.dirname, `${name}.ts`))) as Bench;
    for (const figure of await module.run(isFull)) rows.push([name, ...cells(figure)]);
  } catch (error) {
    rows.push([name, `not measured: ${error instanceof Error ? error.message : String(error)}`, '', '', '', '', '']);
  }
}
process.stdout.write(`${table(['bench', 'figure', 'value', 'unit', 'CPU s', 'against', 'goal'], rows)}\n`);

function cells(figure: Figure): readonly string[] {
  const ratio = figure.ratio === undefined ? '' : `${figure.ratio.toFixed(2)} x ${figure.peer ?? ''}`;
  const cpu = figure.cpuSeconds === undefined ? '' : figure.cpuSeconds.toFixed(2);
  return [figure.name, String(Number(figure.value.toPrecision(4))), figure.unit, cpu, ratio, figure.goal ?? ''];
}
