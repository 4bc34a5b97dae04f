/**
 * Writes schema/<subgraph>.graphql, schema/supergraph.graphql and schema/lineage.v1.json from the code they publish.
 * With --check it writes nothing and exits 1 when a committed text is stale or breaks its clients.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SUBGRAPHS } from '../kernel/event.ts';
import { isFault } from '../kernel/fault.ts';
import { lineageJsonSchema } from '../records/lineage/schema.ts';
import type { SubgraphDefinition } from '../runtime/subgraph.ts';
import { breakingChanges, compose, type SubgraphText } from './composition.ts';

const HERE = import.meta.dirname;
const SUPERGRAPH = 'supergraph.graphql';
const LINEAGE = 'lineage.v1.json';

async function main(mode: 'write' | 'check'): Promise<number> {
  const subgraphs = await subgraphTexts();
  const { supergraph, hints } = compose(subgraphs);
  for (const hint of hints) say(`hint ${hint}`);
  const texts = new Map([
    ...subgraphs.map(({ name, sdl }): [string, string] => [`${name}.graphql`, sdl]),
    [SUPERGRAPH, supergraph],
    [LINEAGE, `${JSON.stringify(lineageJsonSchema(), null, 2)}\n`],
  ]);
  const before = committed(SUPERGRAPH);
  for (const change of before === undefined ? [] : breakingChanges(before, supergraph)) say(`breaking: ${change}`);
  const stale = [...texts].filter(([file, text]) => committed(file) !== text).map(([file]) => file);
  if (mode === 'check') {
    for (const file of stale) say(`stale: schema/${file}; run: npm run schema`);
    return stale.length === 0 ? 0 : 1;
  }
  for (const file of stale) {
    writeFileSync(join(HERE, file), texts.get(file) ?? '');
    say(`wrote schema/${file}`);
  }
  return 0;
}

async function subgraphTexts(): Promise<SubgraphText[]> {
  const texts: SubgraphText[] = [];
  for (const name of SUBGRAPHS) {
    const path = join(HERE, '..', 'subgraphs', name, 'main.ts');
    if (!existsSync(path)) {
      say(`left out: subgraphs/${name}/main.ts is not there`);
      continue;
    }
    const module = (await import(path)) as Record<string, unknown>;
    const definition = Object.values(module).find(isDefinition);
    if (definition === undefined) throw new Error(`subgraphs/${name}/main.ts exports no SubgraphDefinition`);
    texts.push({ name, sdl: `${(await definition.sdl()).trimEnd()}\n` });
  }
  return texts;
}

function isDefinition(value: unknown): value is SubgraphDefinition {
  return typeof value === 'object' && value !== null && 'sdl' in value && 'store' in value && 'open' in value;
}

function committed(file: string): string | undefined {
  const path = join(HERE, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  process.exitCode = await main(process.argv.includes('--check') ? 'check' : 'write');
} catch (error) {
  say(isFault(error) ? `${error.code}\n${error.message}` : String(error));
  process.exitCode = 1;
}
