/** Reads a plan: fills in what was left out, makes references to files absolute, refuses what makes no sense. */
import { isAbsolute, resolve } from 'node:path';
import type { Json } from '../../../kernel/canonical-json.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';
import { resolveFiles, type Endpoint } from '../domain/endpoint.ts';
import { readLineageReference } from '../domain/lineage-reference.ts';
import { checkPlan, type Plan, type PlannedDataset } from '../domain/plan.ts';
import { checkProgramme } from '../domain/programme-check.ts';
import type { Programme, Stakeholder } from '../domain/programme.ts';
import { checkDocument, readDocument } from './read-document.ts';
import { shippedLineages } from '../../../records/maps/shipped.ts';

/** Parts of a plan as they may be written: what has a default may be left out. */
type Written<T, Optional extends keyof T> = Omit<T, Optional> & Partial<Pick<T, Optional>>;
type WrittenEndpoint = Written<Endpoint, 'config' | 'secrets'>;
type WrittenDataset = Omit<Written<PlannedDataset, 'exclusions'>, 'target'> & { readonly target?: WrittenEndpoint };
type WrittenStakeholder = Written<Stakeholder, 'signsOff'>;
type WrittenPlan = Pick<
  Plan,
  'migration' | 'policy' | 'codeMaps' | 'systems' | 'window' | 'backups' | 'accessReviews'
> & {
  readonly stakeholders?: readonly WrittenStakeholder[];
  readonly source: WrittenEndpoint;
  readonly target: WrittenEndpoint;
  readonly datasets: readonly WrittenDataset[];
};

/** Reads the text of a plan (YAML or JSON); references to files are relative to `baseDirectory`. */
export function parsePlan(text: string, options: { readonly baseDirectory: string }): Outcome<Plan> {
  const read = readDocument('plan', text);
  if (!read.ok) return read;
  return completePlan(read.value, (path) => resolve(options.baseDirectory, path));
}

/** Accepts a plan that somebody else has read; refuses with PATH_NOT_ABSOLUTE what is still relative. */
export function acceptPlan(value: Json): Outcome<Plan> {
  const checked = checkDocument('plan', value);
  if (!checked.ok) return checked;
  let relative = 0;
  const complete = completePlan(checked.value, (path) => {
    if (!isAbsolute(path)) relative += 1;
    return path;
  });
  if (!complete.ok || relative === 0) return complete;
  return refused({
    code: 'PATH_NOT_ABSOLUTE',
    message: `${relative} references to files are relative, and there is no folder they could be relative to`,
    field: ['plan'],
    remedy: 'write absolute paths, or hand in the plan with the command line, which makes them absolute',
  });
}

function completePlan(value: Json, absolute: (path: string) => string): Outcome<Plan> {
  const written = value as unknown as WrittenPlan;
  const plan: Plan = {
    migration: written.migration,
    source: completeEndpoint(written.source, absolute),
    target: completeEndpoint(written.target, absolute),
    datasets: written.datasets.map((dataset) => completeDataset(dataset, absolute)),
    ...(written.policy === undefined ? {} : { policy: absolute(written.policy) }),
    ...(written.codeMaps && { codeMaps: written.codeMaps.map((each) => ({ ...each, file: absolute(each.file) })) }),
    ...completeProgramme(written),
  };
  // Checked as written: an absolute path no longer shows that a word was meant to be a keyword.
  const asWritten = { ...plan, datasets: plan.datasets.map((each, at) => ({ ...each, ...lineageOf(written, at) })) };
  const refusals = [...checkPlan(asWritten, [...shippedLineages().keys()]), ...checkProgramme(plan)];
  return refusals.length === 0 ? granted(plan) : refused(...refusals);
}

function lineageOf(written: WrittenPlan, at: number): { readonly lineage?: string } {
  const lineage = written.datasets[at]?.lineage;
  return lineage === undefined ? {} : { lineage };
}

/** What is left out stays out: a plan without a programme is the plan it always was. */
function completeProgramme({ systems, stakeholders, window, backups, accessReviews }: WrittenPlan): Programme {
  return {
    ...(systems && { systems }),
    ...(stakeholders && { stakeholders: stakeholders.map((each) => ({ ...each, signsOff: each.signsOff ?? [] })) }),
    ...(window && { window }),
    ...(backups && { backups }),
    ...(accessReviews && { accessReviews }),
  };
}

function completeDataset(dataset: WrittenDataset, absolute: (path: string) => string): PlannedDataset {
  const { target, ...rest } = dataset;
  const isFile = readLineageReference(dataset.lineage).kind === 'file';
  return {
    ...rest,
    lineage: isFile ? absolute(dataset.lineage) : dataset.lineage,
    exclusions: dataset.exclusions ?? [],
    ...(target === undefined ? {} : { target: completeEndpoint(target, absolute) }),
  };
}

function completeEndpoint(endpoint: WrittenEndpoint, absolute: (path: string) => string): Endpoint {
  const { config = {}, secrets = {}, ...rest } = endpoint;
  return resolveFiles({ ...rest, config, secrets }, absolute);
}
