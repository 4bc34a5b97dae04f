/** What moves from where to where, as somebody wrote it down, with everything filled in and every path absolute. */
import type { Sha256 } from '../../../kernel/digest.ts';
import type { Refusal } from '../../../kernel/refusal.ts';
import type { Tier } from '../../../kernel/tier.ts';
import type { Format } from '../../../records/format.ts';
import { checkSecrets, type Endpoint } from './endpoint.ts';
import { compileGlob } from './glob.ts';
import { checkLineageReference } from './lineage-reference.ts';
import type { Charter, Programme } from './programme.ts';

export interface PlannedExclusion {
  readonly glob: string;
  /** Why the items stay behind; never patient data. */
  readonly reason: string;
  readonly approvedBy?: string | undefined;
}

export interface PlannedDataset extends Charter {
  readonly name: string;
  readonly tier: Tier;
  readonly select: string;
  readonly format: Format;
  /** `pass-through`, `shipped:NAME`, or the absolute path of a lineage map. */
  readonly lineage: string;
  readonly owner?: string | undefined;
  readonly exclusions: readonly PlannedExclusion[];
  /** Where this dataset goes, when that is not where the others go. */
  readonly target?: Endpoint | undefined;
}

/** A code map that is a document of its own, which lineage maps name. */
export interface PlannedCodeMap {
  /** Its absolute path. */
  readonly file: string;
  /** What the document must be. */
  readonly sha256?: Sha256 | undefined;
}

export interface Plan extends Programme {
  readonly migration: string;
  readonly source: Endpoint;
  readonly target: Endpoint;
  readonly datasets: readonly PlannedDataset[];
  readonly codeMaps?: readonly PlannedCodeMap[] | undefined;
  /** The absolute path of a policy file; without one the safe defaults hold. */
  readonly policy?: string | undefined;
}

/** The rules that schema/plan.v1.json cannot say; `shipped` names the lineage maps that come with Waybill. */
export function checkPlan(plan: Plan, shipped: readonly string[]): readonly Refusal[] {
  return [
    ...checkSecrets(plan.source, ['source']),
    ...checkSecrets(plan.target, ['target']),
    ...checkNames(plan.datasets),
    ...plan.datasets.flatMap((dataset, at) => checkDataset(dataset, shipped, [`datasets[${at}]`])),
  ];
}

function checkNames(datasets: readonly PlannedDataset[]): readonly Refusal[] {
  const first = new Map<string, number>();
  return datasets.flatMap(({ name }, at) => {
    // Names become directories, and some file systems take A and a for the same.
    const earlier = first.get(name.toLowerCase());
    if (earlier === undefined) {
      first.set(name.toLowerCase(), at);
      return [];
    }
    const message = `datasets[${at}].name repeats ${JSON.stringify(name)} of datasets[${earlier}]`;
    const field = [`datasets[${at}]`, 'name'];
    return [{ code: 'DATASET_REPEATED', message, field, remedy: 'give every dataset a name of its own' }];
  });
}

function checkDataset(dataset: PlannedDataset, shipped: readonly string[], at: readonly string[]): readonly Refusal[] {
  return [
    ...checkGlob(dataset.select, [...at, 'select']),
    ...dataset.exclusions.flatMap(({ glob }, each) => checkGlob(glob, [...at, `exclusions[${each}]`, 'glob'])),
    ...checkLineageReference(dataset.lineage, shipped, [...at, 'lineage']),
    ...(dataset.target === undefined ? [] : checkSecrets(dataset.target, [...at, 'target'])),
  ];
}

function checkGlob(pattern: string, field: readonly string[]): readonly Refusal[] {
  const compiled = compileGlob(pattern);
  if (compiled.ok) return [];
  return compiled.refusals.map((each) => ({ ...each, message: `${field.join('.')}: ${each.message}`, field }));
}
