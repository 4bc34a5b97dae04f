/** To which dataset an item belongs, and whether it stays behind. */
import { brokenPromise } from '../../../kernel/fault.ts';
import type { Id } from '../../../kernel/id.ts';
import { compileGlob, type Glob } from './glob.ts';

export interface Selection {
  readonly datasetId: Id;
  readonly select: string;
  readonly exclusions: readonly { readonly glob: string; readonly reason: string }[];
}

/** `excluded` is the reason why the item stays behind; null when it moves. */
export interface Place {
  readonly datasetId: Id;
  readonly excluded: string | null;
}

/** Gives each path to the first dataset that selects it; `undefined` is an item that no dataset claims. */
export function compileSelections(selections: readonly Selection[]): (path: string) => Place | undefined {
  const compiled = selections.map(({ datasetId, select, exclusions }) => ({
    datasetId,
    select: sound(select),
    exclusions: exclusions.map(({ glob, reason }) => ({ glob: sound(glob), reason })),
  }));
  return (path) => {
    const dataset = compiled.find(({ select }) => select.matches(path));
    if (dataset === undefined) return undefined;
    const exclusion = dataset.exclusions.find(({ glob }) => glob.matches(path));
    return { datasetId: dataset.datasetId, excluded: exclusion?.reason ?? null };
  };
}

function sound(pattern: string): Glob {
  const compiled = compileGlob(pattern);
  if (!compiled.ok) throw brokenPromise('a pattern was recorded that is not a pattern');
  return compiled.value;
}
