/** What changed from one code map to another, for the person who approves it. */
import { codeTargetText, type CodeEntry, type CodeMapDocument } from './document.ts';

export interface CodeChange {
  readonly code: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Each a line such as `A00.0 (equivalent)`; what the code itself is said to be is not among them. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

export interface CodeMapDiff {
  /** Version, systems, provenance, and what becomes of codes that are not in it: `version: 1 -> 2`. */
  readonly head: readonly string[];
  readonly codes: readonly CodeChange[];
}

/** Codes whose targets are the same in both, in the same order or another, are not in it. */
export function diffCodeMaps(before: CodeMapDocument, after: CodeMapDocument): CodeMapDiff {
  return { head: headChanges(before, after), codes: codeChanges(before, after) };
}

const NOTHING = 'nothing';

function headChanges(before: CodeMapDocument, after: CodeMapDocument): readonly string[] {
  const names = ['name', 'version', 'from', 'to', 'unmapped', 'provenance'] as const;
  return names.flatMap((name) => {
    const [old, now] = [before[name], after[name]].map((each) => (each === undefined ? NOTHING : wordsOf(each)));
    return old === now ? [] : [`${name}: ${old} -> ${now}`];
  });
}

function wordsOf(value: object | string): string {
  return typeof value === 'string' ? value : Object.values(value).join(' ');
}

function codeChanges(before: CodeMapDocument, after: CodeMapDocument): readonly CodeChange[] {
  const codes = [...new Set([...Object.keys(before.codes), ...Object.keys(after.codes)])].sort();
  return codes.flatMap((code): readonly CodeChange[] => {
    const [old, now] = [linesOf(before.codes[code]), linesOf(after.codes[code])];
    if (old === undefined) return [{ code, change: 'added', before: [], after: now ?? [] }];
    if (now === undefined) return [{ code, change: 'removed', before: old, after: [] }];
    const isSame = old.length === now.length && [...old].sort().join('\n') === [...now].sort().join('\n');
    return isSame ? [] : [{ code, change: 'changed', before: old, after: now }];
  });
}

function linesOf(entry: CodeEntry | undefined): readonly string[] | undefined {
  if (entry === undefined) return undefined;
  return entry.targets.length === 0 ? [NOTHING] : entry.targets.map(codeTargetText);
}
