/** Reads a plan from disk together with the policy and the lineage maps it names: what declareMigration wants. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { granted, refused, type Outcome, type Refusal } from '../../../kernel/refusal.ts';
import { CODE_MAP_BYTES_MAX } from '../../../records/code-set/document.ts';
import { readLineageReference } from '../domain/lineage-reference.ts';
import type { Plan } from '../domain/plan.ts';
import type { BroughtCodeMap } from './code-map-texts.ts';
import { parsePlan } from './read-plan.ts';

/** A plan and the texts it refers to; `lineages` holds the maps that are files, by the path in the plan. */
export interface PlanDocuments {
  readonly plan: Plan;
  /** Undefined when the plan names none: the safe defaults hold. */
  readonly policy: string | undefined;
  readonly lineages: readonly { readonly reference: string; readonly text: string }[];
  readonly codeMaps: readonly BroughtCodeMap[];
}

const FILE_SIZE_MAX_BYTES = 4 * 1024 * 1024;

/** Refuses with FILE_NOT_READABLE what is not there, and as parsePlan does. */
export async function readPlanFile(path: string): Promise<Outcome<PlanDocuments>> {
  const text = await readText(path, 'the plan');
  if (!text.ok) return text;
  const parsed = parsePlan(text.value, { baseDirectory: dirname(resolve(path)) });
  if (!parsed.ok) return parsed;
  const plan = parsed.value;
  const refusals: Refusal[] = [];
  let policy: string | undefined;
  if (plan.policy !== undefined) {
    const read = await readText(plan.policy, 'policy');
    if (read.ok) policy = read.value;
    else refusals.push(...read.refusals);
  }
  const lineages: { reference: string; text: string }[] = [];
  for (const [at, { lineage }] of plan.datasets.entries()) {
    if (readLineageReference(lineage).kind !== 'file') continue;
    if (lineages.some(({ reference }) => reference === lineage)) continue;
    const read = await readText(lineage, `datasets[${at}].lineage`);
    if (read.ok) lineages.push({ reference: lineage, text: read.value });
    else refusals.push(...read.refusals);
  }
  const codeMaps: BroughtCodeMap[] = [];
  for (const [at, { file }] of (plan.codeMaps ?? []).entries()) {
    const read = await readText(file, `codeMaps[${at}]`, CODE_MAP_BYTES_MAX);
    if (read.ok) codeMaps.push({ reference: file, gzip: gzipSync(read.value).toString('base64') });
    else refusals.push(...read.refusals);
  }
  return refusals.length === 0 ? granted({ plan, policy, lineages, codeMaps }) : refused(...refusals);
}

async function readText(path: string, what: string, bytesMax = FILE_SIZE_MAX_BYTES): Promise<Outcome<string>> {
  try {
    const { size } = await stat(path);
    if (size > bytesMax) return notReadable(path, what, `is larger than ${bytesMax} bytes`);
    return granted(await readFile(path, 'utf8'));
  } catch (error) {
    return notReadable(path, what, `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
}

function notReadable(path: string, what: string, why: string): Outcome<never> {
  return refused({
    code: 'FILE_NOT_READABLE',
    message: `${what}: the file ${path} ${why}`,
    field: what.split('.'),
    remedy: 'write the path of a file that can be read; paths are relative to the folder of the plan',
  });
}
