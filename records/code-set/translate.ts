/** Looks codes up in a code map: one answer, or the reason why there is none; never a guess. */
import type { CodeEntry, CodeMapDocument, MappedTarget } from './document.ts';
import { isExact, isUnmappedEquivalence, type MappedEquivalence } from './equivalence.ts';
import { hasPoints } from './system.ts';

/** What a rule says about the answers it takes. */
export interface TranslateOptions {
  /**
   * Which part of a combination is meant; a code that is no combination is choice 1 of scenario 1. One of more parts
   * than `of` is ambiguous: the others would be lost.
   */
  readonly choose?: { readonly scenario: number; readonly choice: number; readonly of: number } | undefined;
  /** By source code: the target that was chosen among its candidates. */
  readonly choices?: Readonly<Record<string, string>> | undefined;
  /** `exact` takes only targets that mean the same. */
  readonly minimum?: 'exact' | 'approximate' | undefined;
}

export type Translation =
  | {
      readonly kind: 'found';
      readonly code: string;
      readonly display: string | undefined;
      /** The URI of the code's system. */
      readonly system: string;
      readonly equivalence: MappedEquivalence;
    }
  /** The part of a combination that was asked for, where the code is none or has no such part. */
  | { readonly kind: 'nothing' }
  /** `unmapped`: the map does not have the code; `no-map`: it says that nothing stands for it. */
  | { readonly kind: 'unmapped' | 'no-map' | 'ambiguous' | 'inexact' };

export type Translate = (code: string) => Translation;

export function compileDocument(document: CodeMapDocument, options: TranslateOptions = {}): Translate {
  const entries = indexOf(document);
  const isPointless = hasPoints(document.from.system);
  const choices = new Map(Object.entries(options.choices ?? {}));
  return (code) => {
    const entry = entries.exact.get(code) ?? (isPointless ? entries.pointless.get(pointless(code)) : undefined);
    if (entry === undefined) return unmapped(document, code, options);
    if (entry === 'several') return { kind: 'ambiguous' };
    return choose(entry.entry, document.to.system, choices.get(entry.code), options);
  };
}

/** Codes of ICD stand with and without their point in extracts; both mean the same code. */
function pointless(code: string): string {
  return code.replace('.', '');
}

interface Known {
  readonly code: string;
  readonly entry: CodeEntry;
}
interface Index {
  readonly exact: ReadonlyMap<string, Known>;
  /** Without points; `several` where codes of the map differ in nothing else. */
  readonly pointless: ReadonlyMap<string, Known | 'several'>;
}

/** Several rules ask one document, and some hold tens of thousands of codes. */
const indexes = new WeakMap<CodeMapDocument, Index>();

function indexOf(document: CodeMapDocument): Index {
  const known = indexes.get(document) ?? index(document);
  indexes.set(document, known);
  return known;
}

function index({ codes, from }: CodeMapDocument): Index {
  const exact = new Map<string, Known>();
  const without = new Map<string, Known | 'several'>();
  const isPointless = hasPoints(from.system);
  for (const [code, entry] of Object.entries(codes)) {
    exact.set(code, { code, entry });
    if (!isPointless) continue;
    const key = pointless(code);
    without.set(key, without.has(key) ? 'several' : { code, entry });
  }
  return { exact, pointless: without };
}

function unmapped({ unmapped: rule, to }: CodeMapDocument, code: string, options: TranslateOptions): Translation {
  if (rule === undefined || rule.mode === 'other-map') return { kind: 'unmapped' };
  if (rule.mode === 'provided') {
    return { kind: 'found', code, display: undefined, system: to.system, equivalence: 'equal' };
  }
  if (options.minimum === 'exact') return { kind: 'inexact' };
  return { kind: 'found', code: rule.code, display: rule.display, system: to.system, equivalence: 'relatedto' };
}

function choose(
  { targets }: CodeEntry,
  system: string,
  chosen: string | undefined,
  options: TranslateOptions,
): Translation {
  const mapped = targets.filter((each): each is MappedTarget => !isUnmappedEquivalence(each.equivalence));
  if (mapped.length === 0) return { kind: 'no-map' };
  const { choose: part, minimum } = options;
  let candidates: readonly MappedTarget[] = mapped;
  if (part !== undefined) {
    const scenario = mapped.filter((each) => (each.scenario ?? 1) === part.scenario);
    if (scenario.some(({ choice = 1 }) => choice > part.of)) return { kind: 'ambiguous' };
    candidates = scenario.filter(({ choice = 1 }) => choice === part.choice);
    if (candidates.length === 0) return { kind: 'nothing' };
  }
  if (chosen !== undefined) candidates = candidates.filter(({ code }) => code === chosen);
  const [only] = candidates;
  if (only === undefined || candidates.length > 1) return { kind: 'ambiguous' };
  const isPart = only.scenario !== undefined && part === undefined;
  const isConditional = only.dependsOn !== undefined || only.product !== undefined;
  if (isPart || (isConditional && chosen === undefined)) return { kind: 'ambiguous' };
  if (minimum === 'exact' && !isExact(only.equivalence)) return { kind: 'inexact' };
  const { code, display, equivalence } = only;
  return { kind: 'found', code, display, system: only.system ?? system, equivalence };
}
