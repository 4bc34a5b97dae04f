/** HL7 v2 segment groups: which segments belong together, by their order and by which kinds of segment own others. */
import type { Hl7Message } from '../hl7v2/message.ts';

/** A group: the segment that opens it and everything up to the next group. */
export interface Group {
  readonly id: string;
  /** The opening segment; an ORC before an OBR belongs to the group but does not open it. */
  readonly segment: number;
  readonly start: number;
  readonly end: number;
  /** Where the first of its kind starts, of the same patient: what stands from there on belongs to one of them. */
  readonly first: number;
  /** Which of its kind inside the enclosing group, from 1. */
  readonly ordinal: number;
}

/** Segments that say what an order (ORC) is for; it stands before them and belongs to their group. */
const ORDERED: readonly string[] = ['OBR', 'RXA', 'RXO', 'RXE', 'RXD', 'RXG', 'ODS', 'RQD'];
/** They describe the segment before them and stand directly behind it. */
const ATTACHED: readonly string[] = ['NTE', 'PRT'];
const TREATMENTS: readonly string[] = ['RXA', 'RXO', 'RXE', 'RXD', 'RXG'];
/** Segments that belong to the nearest owner before them, and to nothing further out. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  OBX: ['PID', 'ORC', 'SPM', 'SAC', ...ORDERED],
  RXR: TREATMENTS,
  RXC: TREATMENTS,
  TQ1: ['ORC', ...ORDERED],
  TQ2: ['ORC', ...ORDERED],
};
const NOBODY: readonly string[] = [];
/** Groups that hold nothing but these; what stands behind concerns something else. */
const HELD: Readonly<Record<string, readonly string[]>> = {
  OBX: ATTACHED,
  DG1: ATTACHED,
  AL1: ATTACHED,
  NK1: ATTACHED,
  GT1: ATTACHED,
  PR1: ['ROL', ...ATTACHED],
  PV1: ['PV2', 'ARV', 'DB1', 'ROL', 'OBX', 'AL1', 'DG1', 'DRG', ...ATTACHED],
  IN1: ['IN2', 'IN3', 'ROL', 'AUT', 'RF1', ...ATTACHED],
  FT1: ['PR1', 'ROL', ...ATTACHED],
  RXR: ATTACHED,
  RXC: ATTACHED,
  TQ1: ['TQ2', ...ATTACHED],
};

/** The kind of segment that the one at this place belongs to, where several kinds may own it. */
export function ownerOf(ids: readonly string[], segment: number): string | undefined {
  const owners = OWNERS[ids[segment] ?? ''] ?? [];
  return owners.length === 0 ? undefined : ids.slice(0, segment).findLast((id) => owners.includes(id));
}

/** The groups with this id inside another, or in the whole message. */
export function openGroups(ids: readonly string[], id: string, outer: Group | undefined): readonly Group[] {
  const from = (outer?.segment ?? -1) + 1;
  const to = outer?.end ?? ids.length;
  if (ATTACHED.includes(id)) return attachedTo(ids, id, outer, { from, to });
  if (outer !== undefined && ORDERED.includes(id) && ORDERED.includes(outer.id)) return orderedFor(ids, id, outer);
  const owners = outer === undefined ? [] : (OWNERS[id] ?? []);
  const groups: Group[] = [];
  let order: number | undefined;
  let first: number | undefined;
  const close = (end: number) => {
    const last = groups.at(-1);
    if (last !== undefined && last.end === to) groups[groups.length - 1] = { ...last, end };
  };
  for (let segment = from; segment < to; segment++) {
    const found = ids[segment] ?? '';
    if (found === id) {
      const start = order ?? segment;
      close(start);
      first ??= start;
      groups.push({ id, segment, start, end: to, first, ordinal: groups.length + 1 });
      order = undefined;
    } else if (owners.includes(found)) {
      close(segment);
      break;
    } else if (found === 'PID' || (found === 'ORC' && ORDERED.includes(id))) {
      close(segment);
      order = found === 'ORC' ? segment : undefined;
      if (found === 'PID') first = undefined;
    } else if (HELD[id]?.includes(found) === false) {
      close(segment);
    }
  }
  return groups;
}

/** What the order was before it became what opens the group: the RXO between the ORC and the RXE. */
function orderedFor(ids: readonly string[], id: string, { start, segment: end }: Group): readonly Group[] {
  const segment = ids.slice(start, end).lastIndexOf(id) + start;
  return segment < start ? [] : [{ id, segment, start: segment, end, first: segment, ordinal: 1 }];
}

/** Those of a segment; of what is ordered also those that stand behind its order (ORC). */
function attachedTo(
  ids: readonly string[],
  id: string,
  outer: Group | undefined,
  { from, to }: { readonly from: number; readonly to: number },
): readonly Group[] {
  const behind = attached(ids, id, from, to);
  if (outer === undefined || outer.start === outer.segment) return behind;
  const ofOrder = attached(ids, id, outer.start + 1, outer.segment);
  return [...ofOrder, ...behind].map((group, index) => ({ ...group, ordinal: index + 1 }));
}

function attached(ids: readonly string[], id: string, from: number, to: number): readonly Group[] {
  const groups: Group[] = [];
  for (let segment = from; segment < to && ATTACHED.includes(ids[segment] ?? ''); segment++) {
    if (ids[segment] !== id) continue;
    groups.push({ id, segment, start: segment, end: segment + 1, first: segment, ordinal: groups.length + 1 });
  }
  return groups;
}

/** Index of the segment that an id means inside the innermost of groups (outermost first), or -1. */
export function findInGroup({ ids }: Hl7Message, groups: readonly Group[], id: string): number {
  const group = groups[groups.length - 1];
  if (group === undefined || id === 'MSH') return -1;
  if (group.id === id) return group.segment;
  const behind = firstInside(ids, id, group);
  return behind === -1 ? upTo(ids, id, group.start, group.segment) : behind;
}

/** Index of the segment that an id means around the innermost of groups, where it holds none; or -1. */
export function findOutside(message: Hl7Message, groups: readonly Group[], id: string): number {
  if (id === 'MSH') return 0;
  const { ids } = message;
  let inner = groups[groups.length - 1];
  if (inner === undefined) return message.find(id);
  for (let level = groups.length - 2; level >= 0; level--) {
    const group = groups[level];
    if (group === undefined) break;
    if (group.id === id) return group.segment;
    const found = ahead(ids, id, group, inner);
    if (found !== -1) return found;
    inner = group;
  }
  return ATTACHED.includes(id) ? -1 : before(message, id, inner.first);
}

/** Behind the segment that opens a group. */
function firstInside(ids: readonly string[], id: string, group: Group): number {
  if (ATTACHED.includes(id)) return insideAll(ids, id, group)[0] ?? -1;
  const owners = OWNERS[id] ?? NOBODY;
  for (let segment = group.segment + 1; segment < group.end; segment++) {
    const at = ids[segment] ?? '';
    if (owners.includes(at)) return -1;
    if (at === id) return segment;
  }
  return -1;
}

/** Every segment with this id that belongs to what opens a group. */
export function insideAll(ids: readonly string[], id: string, group: Group): readonly number[] {
  const from = group.segment + 1;
  if (ATTACHED.includes(id)) return attached(ids, id, from, group.end).map(({ segment }) => segment);
  const owners = OWNERS[id] ?? [];
  const found: number[] = [];
  for (let segment = from; segment < group.end && !owners.includes(ids[segment] ?? ''); segment++) {
    if (ids[segment] === id) found.push(segment);
  }
  return found;
}

/** Of an enclosing group only what stands before the groups inside it concerns them. */
function ahead(ids: readonly string[], id: string, group: Group, inner: Group): number {
  return ATTACHED.includes(id) ? -1 : upTo(ids, id, group.start, inner.first);
}

function upTo(ids: readonly string[], id: string, from: number, to: number): number {
  const owners = OWNERS[id] ?? [];
  let found = -1;
  for (let segment = from; segment < to; segment++) {
    const at = ids[segment] ?? '';
    if (at === id) found = found === -1 ? segment : found;
    else if (segment > from && at !== 'ORC' && owners.includes(at)) break;
  }
  return found;
}

/** The nearest one before the outermost groups, of the same patient; else one of the message's head. */
function before(message: Hl7Message, id: string, from: number): number {
  for (let segment = from - 1; segment > 0; segment--) {
    if (message.ids[segment] === id) return segment;
    if (message.ids[segment] === 'PID') break;
  }
  const head = message.find(id);
  return head !== -1 && head < message.find('PID') ? head : -1;
}
