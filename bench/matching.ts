/** Duplicate patients in a seeded population: how many are found, how many invented, how long it takes. */
import type { Figure } from './figure.ts';
import { measureMatching } from './matching/measure.ts';

const SEED = 20_261_126;
const PERSONS = 100_000;
const PERSONS_FULL = 1_000_000;

export async function run(full: boolean): Promise<readonly Figure[]> {
  const persons = full ? PERSONS_FULL : PERSONS;
  const { charts, precision, recall, seconds, cpuSeconds, example } = await measureMatching(persons, SEED);
  process.stderr.write(`${example}\n`);
  const of = `of ${charts} charts of ${persons} persons`;
  return [
    { name: `precision ${of}`, value: precision, unit: 'share', goal: '>= 0.99' },
    { name: `recall ${of}`, value: recall, unit: 'share', goal: '>= 0.9' },
    { name: `time ${of}`, value: seconds, unit: 's', cpuSeconds, goal: full ? '< 60 s' : undefined },
  ];
}
