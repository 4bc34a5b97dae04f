/** HL7 v2 items by a lineage map: message by message, group by group. */
import { tooLarge } from '../findings.ts';
import type { Problem } from '../format.ts';
import { continuedElsewhere, joinSegments } from '../hl7v2/continuation.ts';
import { Hl7Message } from '../hl7v2/message.ts';
import { MESSAGE_BYTES_MAX, splitHl7, type Hl7Unit } from '../hl7v2/split.ts';
import { checkReadable } from '../hl7v2/structure.ts';
import type { ItemChunks } from '../item-bytes.ts';
import type { LineageMap } from './language.ts';
import type { MappedRecord } from './lineage.ts';
import { compileRecord, unmappedRecord, type MakeRecord } from './record.ts';
import { parseGroups } from './path.ts';
import { compileGroups, Hl7Scope } from './scope-hl7v2.ts';
import { hl7Position, openHl7Source } from './source-hl7v2.ts';
import { houseOf } from './house.ts';
import { leavesOfMessage } from './leaves.ts';
import type { Tracer } from './trace.ts';
import { writtenOffset } from './zone.ts';

interface Kind {
  /** Undefined where there is one record for each message. */
  readonly scopesOf: ((root: Hl7Scope) => readonly Hl7Scope[]) | undefined;
  /** The kind of segment that has to stand in one of its groups. */
  readonly covers: string | undefined;
  readonly make: MakeRecord<Hl7Scope>;
}

/** Maps one message; every record that cannot be mapped says why. */
export type MapMessage = (message: Hl7Message, at: string) => readonly Made[];

/** A promise where an expression still has to be evaluated. */
type Made = MappedRecord | Promise<MappedRecord>;

export function compileHl7(
  map: LineageMap,
  tracer?: Tracer,
): (path: string, chunks: ItemChunks) => AsyncGenerator<MappedRecord> {
  const mapMessage = compileMessages(map, tracer);
  const type = map.records?.[0]?.type ?? 'Basic';
  return async function* (_path, chunks) {
    let ordinal = 0;
    let cut = false;
    for await (const unit of splitHl7(chunks)) {
      const isRest = unit.cut && cut && unit.kind === 'MSH';
      cut = unit.cut && unit.kind === 'MSH';
      if (unit.kind !== 'MSH' || isRest) continue;
      ordinal++;
      yield* readUnit(unit, `message ${ordinal}`, type, mapMessage);
    }
    if (ordinal === 0) {
      const problem = unreadable('NO_MESSAGE', 'byte 0', 'no MSH segment: this is not HL7 v2');
      yield unmappedRecord(type, 'unreadable:byte 0', 'byte 0', [problem]);
    }
  };
}

function readUnit(unit: Hl7Unit, at: string, type: string, mapMessage: MapMessage): readonly Made[] {
  if (unit.cut) return [unmappedRecord(type, `unreadable:${at}`, at, [tooLarge(at, 'the message', MESSAGE_BYTES_MAX)])];
  const message = Hl7Message.read(unit.bytes);
  if (message !== undefined) return mapMessage(message, at);
  const problem = unreadable('DELIMITERS_INVALID', `${at} MSH-2`, 'MSH-1 and MSH-2 do not declare usable delimiters');
  return [unmappedRecord(type, `unreadable:${at}`, at, [problem])];
}

export function compileMessages(map: LineageMap, tracer?: Tracer): MapMessage {
  const records = map.records ?? [];
  const types = new Set(map.messages);
  const fallback = records[0]?.type ?? 'Basic';
  const house = houseOf(openHl7Source(), map, (scope) => scope.zone, tracer);
  const kinds: readonly Kind[] = records.map((record) => ({
    scopesOf: record.forEach === undefined ? undefined : compileGroups(record.forEach),
    covers: coveredBy(record.forEach),
    make: compileRecord(record, house),
  }));
  return (given, at) => {
    const part = continuedElsewhere(given, at);
    const message = part === undefined ? joinSegments(given) : given;
    const problems = types.has(message.type) ? [] : [notMapped(at)];
    checkReadable(message, at, (problem) => problems.push(problem));
    if (part !== undefined) problems.push(part);
    else if (message.find('ADD') !== -1) problems.push(notJoined(at));
    const key = `message:${message.controlId || at}`;
    if (problems.length > 0) return [unmappedRecord(fallback, key, at, problems)];
    const root = Hl7Scope.of(message, at, zoneOf(message, map.zone));
    const mapped: Made[] = [];
    const covered = new Map<string, Set<number>>();
    for (const { scopesOf, covers, make } of kinds) {
      const scopes = scopesOf?.(root) ?? [root];
      for (const scope of scopes) {
        const record = make(scope);
        if (record !== undefined) mapped.push(record);
      }
      if (covers !== undefined) cover(covered, covers, scopes);
    }
    const left = uncovered(root, covered);
    tracer?.unit(() => leavesOfMessage(message, at));
    if (mapped.length === 0) {
      const why = 'the message holds none of the groups the lineage maps';
      left.push({ category: 'schema-invalid', code: 'NOTHING_MAPPED', position: at, message: why });
    }
    return left.length === 0 ? mapped : [...mapped, unmappedRecord(fallback, key, at, left)];
  };
}

function coveredBy(forEach: string | undefined): string | undefined {
  const groups = forEach === undefined ? undefined : parseGroups(forEach);
  return groups?.field === undefined ? groups?.ids.at(-1) : undefined;
}

/** The segments the kinds of record go through, by id. */
function cover(covered: Map<string, Set<number>>, id: string, scopes: readonly Hl7Scope[]): void {
  const segments = covered.get(id) ?? new Set();
  for (const scope of scopes) segments.add(scope.groups.at(-1)?.segment ?? -1);
  covered.set(id, segments);
}

/** Segments of a mapped kind that stand in none of its groups would be lost without a word. */
function uncovered(root: Hl7Scope, covered: ReadonlyMap<string, ReadonlySet<number>>): Problem[] {
  return root.message.ids.flatMap((id, segment): readonly Problem[] => {
    if (covered.get(id)?.has(segment) !== false) return [];
    const position = hl7Position(Hl7Scope.of(root.message, root.at, root.zone, [standIn(id, segment)]));
    const message = `a ${id} segment outside the groups the lineage maps`;
    return [{ category: 'schema-invalid', code: 'SEGMENT_OUTSIDE_GROUP', position, message }];
  });
}

function standIn(id: string, segment: number) {
  return { id, segment, start: segment, end: segment + 1, first: segment, ordinal: 1 };
}

const DATE_TIME_OF_MESSAGE = 7;

/** The offset of MSH-7 is the message's default (HL7 v2 chapter 2.16.9.7); the map's zone comes after it. */
function zoneOf(message: Hl7Message, declared: string | undefined): string | undefined {
  return writtenOffset(message.word(0, DATE_TIME_OF_MESSAGE)) ?? declared;
}

function notMapped(at: string): Problem {
  const message = 'the lineage does not map messages of this type';
  return { category: 'schema-invalid', code: 'MESSAGE_NOT_MAPPED', position: `${at} MSH-9`, message };
}

function notJoined(at: string): Problem {
  const message = 'an ADD segment continues a field in a character set that is not written here';
  return { category: 'schema-invalid', code: 'SEGMENT_NOT_JOINED', position: `${at} ADD`, message };
}

function unreadable(code: string, position: string, message: string): Problem {
  return { category: 'unreadable', code, position, message };
}
