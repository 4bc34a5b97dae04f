/** The code maps a plan names by path: handed in compressed, since some hold tens of thousands of codes. */
import { gunzipSync } from 'node:zlib';
import { granted, refused, type Outcome, type Refusal } from '../../../kernel/refusal.ts';
import { CODE_MAP_BYTES_MAX } from '../../../records/code-set/document.ts';
import { handCodeMap, type HandedCodeMap } from '../../../records/lineage/code-documents.ts';
import type { PlannedCodeMap } from '../domain/plan.ts';

/** A document as it is handed in. */
export interface BroughtCodeMap {
  /** As it stands in the plan. */
  readonly reference: string;
  /** Base64 of the gzip (RFC 1952) of its text. */
  readonly gzip: string;
}

/**
 * Every document of the plan, read. Refuses with CODE_MAP_MISSING what nobody brought, with CODE_MAP_CHANGED what is
 * not what the plan says it is, and with CODE_MAP_INVALID what is no code map; each names its place in the plan.
 */
export function codeMapsOf(
  planned: readonly PlannedCodeMap[],
  brought: readonly BroughtCodeMap[],
): Outcome<readonly HandedCodeMap[]> {
  const texts = new Map(brought.map(({ reference, gzip }) => [reference, gzip]));
  const handed: HandedCodeMap[] = [];
  const refusals: Refusal[] = [];
  for (const [at, each] of planned.entries()) {
    const read = codeMapOf(each, texts.get(each.file));
    if (read.ok) handed.push(read.value);
    else refusals.push(...read.refusals.map((refusal) => inPlan(refusal, at)));
  }
  return refusals.length > 0 ? refused(...refusals) : granted(handed);
}

function codeMapOf({ sha256 }: PlannedCodeMap, gzip: string | undefined): Outcome<HandedCodeMap> {
  if (gzip === undefined) {
    return problem('CODE_MAP_MISSING', 'was not handed in', 'hand in every code map the plan names');
  }
  const text = unpacked(gzip);
  if (text === undefined) {
    const remedy = `hand in base64 of the gzip of at most ${CODE_MAP_BYTES_MAX} bytes`;
    return problem('CODE_MAP_INVALID', 'cannot be unpacked', remedy);
  }
  const handed = handCodeMap(text);
  if (!handed.ok || sha256 === undefined || handed.value.digest === sha256) return handed;
  const remedy = 'hand in the document the plan means, or write the digest of this one into the plan';
  return problem('CODE_MAP_CHANGED', `has the digest ${handed.value.digest}, not the one the plan says`, remedy);
}

function unpacked(gzip: string): string | undefined {
  try {
    return gunzipSync(Buffer.from(gzip, 'base64'), { maxOutputLength: CODE_MAP_BYTES_MAX }).toString('utf8');
  } catch {
    return undefined;
  }
}

function inPlan(refusal: Refusal, at: number): Refusal {
  const field = `codeMaps[${at}]`;
  return { ...refusal, message: `${field}: ${refusal.message}`, field: [field] };
}

function problem(code: string, message: string, remedy: string): Outcome<never> {
  return refused({ code, message, remedy });
}
