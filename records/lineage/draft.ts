/** A resource under construction: elements are set by path, list positions never filled are closed at the end. */
import type { Json } from '../../kernel/canonical-json.ts';

export interface Draft {
  [element: string]: DraftValue | undefined;
}
export type DraftValue = Json | Draft | (DraftValue | undefined)[];

export type Steps = readonly (string | number)[];

/** Writes `value` at a path that begins with an element name, making what is missing on the way. */
export function setAt(draft: Draft, steps: Steps, value: DraftValue): void {
  let holder = draft as unknown as Record<string | number, DraftValue | undefined>;
  const last = steps.length - 1;
  for (let at = 0; at < last; at++) {
    const step = steps[at] as string | number;
    let next = holder[step];
    if (next === undefined) {
      next = typeof steps[at + 1] === 'number' ? [] : {};
      holder[step] = next;
    }
    holder = next as unknown as Record<string | number, DraftValue | undefined>;
  }
  holder[steps[last] as string | number] = value;
}

/** Adds `value` to the list at a path. */
export function appendAt(draft: Draft, steps: Steps, value: DraftValue): void {
  let holder: DraftValue | undefined = draft;
  for (const step of steps) holder = (holder as Record<string | number, DraftValue> | undefined)?.[step];
  if (Array.isArray(holder)) (holder as DraftValue[]).push(value);
  else setAt(draft, steps, [value]);
}

/** Closes the gaps of lists: rules that had no value leave their position empty. */
export function closeGaps(value: DraftValue): Json {
  if (Array.isArray(value)) {
    const list = value as readonly (DraftValue | undefined)[];
    return list.filter((each) => each !== undefined).map(closeGaps);
  }
  if (typeof value !== 'object' || value === null) return value;
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === 'object' && member !== null) (value as Draft)[name] = closeGaps(member);
  }
  return value as Json;
}
