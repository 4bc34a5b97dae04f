/** Finds the second charts of a population with the product's own matching, and counts what it got right. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withColumnar } from '../../runtime/columnar.ts';
import { personOf, writePerson } from '../../subgraphs/validation/checks/person.ts';
import { tableOf } from '../../subgraphs/validation/work/rows.ts';
import { findSamePersons, noteOf } from '../../subgraphs/validation/work/same-persons.ts';
import { RELATIONS } from '../../subgraphs/validation/work/scratch.ts';
import { population } from './population.ts';

export interface Matching {
  readonly charts: number;
  /** Second charts there are, those told rightly, and those told wrongly. */
  readonly second: number;
  readonly right: number;
  readonly wrong: number;
  readonly precision: number;
  readonly recall: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** What is told of the first one found. */
  readonly example: string;
}

const MEMORY_MAX_MB = 512;

export async function measureMatching(persons: number, seed: number, probabilityMin = 0.95): Promise<Matching> {
  const directory = await mkdtemp(join(tmpdir(), 'matching-'));
  try {
    const file = join(directory, 'relations.ndjson');
    const whose = await write(file, persons, seed);
    const cpu = process.cpuUsage();
    const started = performance.now();
    const { found } = await withColumnar(
      async (db) => {
        await tableOf(db, 'relation', [file], RELATIONS.columns);
        return findSamePersons(db, probabilityMin);
      },
      { memoryMaxMb: MEMORY_MAX_MB, directory },
    );
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const second = whose.length - new Set(whose).size;
    const right = found.filter(({ chart, other }) => whose[chart - 1] === whose[other - 1]).length;
    const [first] = found;
    return {
      ...{ charts: whose.length, second, right, wrong: found.length - right },
      ...{ precision: right / Math.max(1, found.length), recall: right / Math.max(1, second) },
      ...{ seconds, cpuSeconds: (user + system) / 1e6 },
      example: first === undefined ? '' : noteOf(first),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Relation lines as validation writes them; whose chart each is, in their order. */
async function write(file: string, persons: number, seed: number): Promise<readonly number[]> {
  const whose: number[] = [];
  const stream = createWriteStream(file);
  for (const { who, resource } of population(persons, seed)) {
    const n = whose.push(who);
    const person = personOf(resource);
    if (person === undefined) throw new Error('a chart of the population tells too little');
    const place = { r: 'patient', s: 'm', ds: 0, n, o: 1, i: `i${n}`, b: 'b', k: `k${n}`, t: 'Patient', p: '' };
    const line = `${JSON.stringify({ ...place, a: `k${n}`, c: 1, x: writePerson(person) })}\n`;
    if (!stream.write(line)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'close');
  return whose;
}
