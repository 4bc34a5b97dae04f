/** Holds a code map against where it comes from, against the systems it leads to, and against the codes there are. */
import { shapeOfCode } from './code-shape.ts';
import { diffCodeMaps } from './diff.ts';
import type { CodeEntry, CodeMapDocument, MappedTarget } from './document.ts';
import { isExact, isUnmappedEquivalence } from './equivalence.ts';
import { compileDocument, type Translation } from './translate.ts';

/** What a code map says, by what a migration can do with it. Every source code is counted once. */
export interface CodeMapCounts {
  readonly codes: number;
  /** One target that means the same. */
  readonly exact: number;
  /** One target that is wider, narrower, or only near. */
  readonly approximate: number;
  /** Several candidates: somebody decides which. */
  readonly several: number;
  /** Several codes that stand for it together, or one under a condition. */
  readonly combined: number;
  /** Known to have none. */
  readonly none: number;
}

export const CODE_FINDINGS = [
  /** Of the published table: an entry that is left out, was added, or says something else. */
  'left-out',
  'not-published',
  'not-as-published',
  /** Of the target's system: a code it cannot hold, or that is not among its codes. */
  'target-malformed',
  'target-unknown',
  /** Of the population: a code that will be a problem when it is moved. */
  'population-unmapped',
  'population-no-map',
  'population-ambiguous',
] as const;
export type CodeFindingKind = (typeof CODE_FINDINGS)[number];

export interface CodeFinding {
  readonly kind: CodeFindingKind;
  /** The source code. */
  readonly code: string;
  /** The target code, or what the published table says. */
  readonly detail?: string | undefined;
  /** Of the population: how often the code is there. */
  readonly times?: number | undefined;
}

export interface CodeMapExamination {
  readonly counts: CodeMapCounts;
  /** Targets of systems whose codes have no form that could be checked. */
  readonly targetsUnchecked: number;
  /** Values of the population, and how many of them the map moves. */
  readonly population?: { readonly values: number; readonly moved: number } | undefined;
  readonly findings: readonly CodeFinding[];
}

export interface ExamineWith {
  /** The same map, made anew of the table that is published. */
  readonly published?: CodeMapDocument | undefined;
  /** The codes of the target's system, as that system writes them. */
  readonly targetCodes?: ReadonlySet<string> | undefined;
  /** Source codes as they stand in the data, and how often. */
  readonly population?: ReadonlyMap<string, number> | undefined;
}

/** Findings by what they are held against, then by code. Without a table, a list or data: what the map alone shows. */
export function examineCodeMap(document: CodeMapDocument, examineWith: ExamineWith = {}): CodeMapExamination {
  const { published, targetCodes, population } = examineWith;
  const targets = examineTargets(document, targetCodes);
  const people = population === undefined ? undefined : examinePopulation(document, population);
  const findings = [
    ...(published === undefined ? [] : differences(published, document)),
    ...targets.findings,
    ...(people?.findings ?? []),
  ];
  return {
    counts: countsOf(document),
    targetsUnchecked: targets.unchecked,
    population: people && { values: people.values, moved: people.moved },
    findings,
  };
}

function mappedOf({ targets }: CodeEntry): readonly MappedTarget[] {
  return targets.filter((each): each is MappedTarget => !isUnmappedEquivalence(each.equivalence));
}

function countsOf({ codes }: CodeMapDocument): CodeMapCounts {
  const counts = { codes: 0, exact: 0, approximate: 0, several: 0, combined: 0, none: 0 };
  for (const entry of Object.values(codes)) {
    counts.codes += 1;
    counts[sortOf(mappedOf(entry))] += 1;
  }
  return counts;
}

function sortOf(targets: readonly MappedTarget[]): Exclude<keyof CodeMapCounts, 'codes'> {
  const [only] = targets;
  if (only === undefined) return 'none';
  if (targets.some(({ scenario, dependsOn, product }) => scenario ?? dependsOn ?? product)) return 'combined';
  if (targets.length > 1) return 'several';
  return isExact(only.equivalence) ? 'exact' : 'approximate';
}

const CHANGES = { removed: 'left-out', added: 'not-published', changed: 'not-as-published' } as const;

function differences(published: CodeMapDocument, document: CodeMapDocument): readonly CodeFinding[] {
  return diffCodeMaps(published, document).codes.map(({ code, change, before }) => {
    const detail = before.join('; ');
    return { kind: CHANGES[change], code, ...(detail === '' ? {} : { detail }) };
  });
}

function examineTargets({ codes, to }: CodeMapDocument, known: ReadonlySet<string> | undefined) {
  const findings: CodeFinding[] = [];
  let unchecked = 0;
  for (const [code, entry] of Object.entries(codes)) {
    for (const { code: target, system = to.system } of mappedOf(entry)) {
      const shape = shapeOfCode(system, target);
      const isListed = system !== to.system || known === undefined || known.has(target);
      if (shape === 'malformed' || shape === 'check-digit-wrong') {
        findings.push({ kind: 'target-malformed', code, detail: target });
      } else if (!isListed) findings.push({ kind: 'target-unknown', code, detail: target });
      else if (shape === 'system-unknown' && (known === undefined || system !== to.system)) unchecked += 1;
    }
  }
  return { findings, unchecked };
}

const PROBLEMS: Readonly<Partial<Record<Translation['kind'], CodeFindingKind>>> = {
  unmapped: 'population-unmapped',
  'no-map': 'population-no-map',
  ambiguous: 'population-ambiguous',
};

function examinePopulation(document: CodeMapDocument, population: ReadonlyMap<string, number>) {
  const translate = compileDocument(document, { minimum: 'approximate' });
  const findings: CodeFinding[] = [];
  let values = 0;
  let moved = 0;
  for (const [code, times] of population) {
    const kind = PROBLEMS[translate(code).kind];
    values += times;
    if (kind === undefined) moved += times;
    else findings.push({ kind, code, times });
  }
  return { findings, values, moved };
}
