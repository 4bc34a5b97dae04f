/** To which dataset an item belongs, and whether it stays behind. */
import { brokenPromise } from '../../../kernel/fault.ts';
import type { Id } from '../../../kernel/id.ts';
import { compileGlob, type Glob } from './glob.ts';

export interface Selection {
  readonly datasetId: Id;
  readonly select: string;
  readonly exclusions: readonly { readonly glob: string; readonly reason: string }[];
  /** Paths on legal hold, which no exclusion leaves behind; null holds the whole dataset. */
  readonly holds: readonly (string | null)[];
}

/** `excluded` is the reason why the item stays behind; null when it moves. */
export interface Place {
  readonly datasetId: Id;
  readonly excluded: string | null;
}

/** Gives each path to the first dataset that selects it; `undefined` is an item that no dataset claims. */
export function compileSelections(selections: readonly Selection[]): (path: string) => Place | undefined {
  const compiled = selections.map(({ datasetId, select, exclusions, holds }) => ({
    datasetId,
    select: sound(select),
    exclusions: exclusions.map(({ glob, reason }) => ({ glob: sound(glob), reason })),
    holds: holds.map((glob) => (glob === null ? ALL : sound(glob))),
  }));
  return (path) => {
    const dataset = compiled.find(({ select }) => select.matches(path));
    if (dataset === undefined) return undefined;
    const exclusion = dataset.exclusions.find(({ glob }) => glob.matches(path));
    const isHeld = exclusion !== undefined && dataset.holds.some((hold) => hold.matches(path));
    return { datasetId: dataset.datasetId, excluded: isHeld ? null : (exclusion?.reason ?? null) };
  };
}

const ALL: Pick<Glob, 'matches'> = { matches: () => true };

function sound(pattern: string): Glob {
  const compiled = compileGlob(pattern);
  if (!compiled.ok) throw brokenPromise('a pattern was recorded that is not a pattern');
  return compiled.value;
}
