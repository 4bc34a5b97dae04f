/** A resource under construction: elements are set by path, list positions never filled are closed at the end. */
import type { Json } from '../../kernel/canonical-json.ts';

export interface Draft {
  [element: string]: DraftValue | undefined;
}
export type DraftValue = Json | Draft | (DraftValue | undefined)[];

/** The name under which an element under construction holds itself, where it is a bare value. */
export const SELF = '';

export type Steps = readonly (string | number)[];

/** Drafts with a list that was given an element behind its end. */
const gapped = new WeakSet<Draft>();

/** Writes `value` at a path that begins with an element name, making what is missing on the way. */
export function setAt(draft: Draft, steps: Steps, value: DraftValue): void {
  let holder = draft as unknown as Record<string | number, DraftValue | undefined>;
  const last = steps.length - 1;
  for (let at = 0; at < last; at++) {
    const step = steps[at] as string | number;
    let next = holder[step];
    if (next === undefined) {
      next = typeof steps[at + 1] === 'number' ? [] : {};
      put(draft, holder, step, next);
    }
    holder = next as unknown as Record<string | number, DraftValue | undefined>;
  }
  put(draft, holder, steps[last] as string | number, value);
}

function put(
  draft: Draft,
  holder: Record<string | number, DraftValue | undefined>,
  step: string | number,
  value: DraftValue,
): void {
  if (typeof step === 'number' && step > (holder as unknown as readonly unknown[]).length) gapped.add(draft);
  holder[step] = value;
}

/** Adds `value` to the list at a path. */
export function appendAt(draft: Draft, steps: Steps, value: DraftValue): void {
  let holder: DraftValue | undefined = draft;
  for (const step of steps) holder = (holder as Record<string | number, DraftValue> | undefined)?.[step];
  if (Array.isArray(holder)) (holder as DraftValue[]).push(value);
  else setAt(draft, steps, [value]);
}

/** The draft with the gaps of its lists closed: rules that had no value leave their position empty. */
export function withoutGaps(draft: Draft): Draft {
  return gapped.has(draft) ? (closeGaps(draft) as Draft) : draft;
}

function closeGaps(value: DraftValue): Json {
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

/** What stands at a path, if anything does. */
export function getAt(draft: Draft, steps: Steps): DraftValue | undefined {
  let holder: DraftValue | undefined = draft;
  for (const step of steps) {
    if (typeof holder !== 'object' || holder === null) return undefined;
    holder = (holder as Record<string | number, DraftValue | undefined>)[step];
  }
  return holder;
}
