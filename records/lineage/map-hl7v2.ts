/** HL7 v2 items by a lineage map: message by message, group by group. */
import { tooLarge } from '../findings.ts';
import type { Problem } from '../format.ts';
import { Hl7Message } from '../hl7v2/message.ts';
import { MESSAGE_BYTES_MAX, splitHl7, type Hl7Unit } from '../hl7v2/split.ts';
import { checkReadable } from '../hl7v2/structure.ts';
import type { ItemChunks } from '../item-bytes.ts';
import { parseHl7Date } from '../partial-date.ts';
import type { LineageMap } from './language.ts';
import type { MappedRecord } from './lineage.ts';
import { compileRecord, unmappedRecord, type MakeRecord } from './record.ts';
import { groupsOf, hl7Source, type Hl7Scope } from './source-hl7v2.ts';

interface Kind {
  readonly forEach: string | undefined;
  readonly make: MakeRecord<Hl7Scope>;
}

/** Maps one message; every record that cannot be mapped says why. */
export type MapMessage = (message: Hl7Message, at: string) => readonly MappedRecord[];

export function compileHl7(map: LineageMap): (path: string, chunks: ItemChunks) => AsyncGenerator<MappedRecord> {
  const mapMessage = compileMessages(map);
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

function readUnit(unit: Hl7Unit, at: string, type: string, mapMessage: MapMessage): readonly MappedRecord[] {
  if (unit.cut) return [unmappedRecord(type, `unreadable:${at}`, at, [tooLarge(at, 'the message', MESSAGE_BYTES_MAX)])];
  const message = Hl7Message.read(unit.bytes);
  if (message !== undefined) return mapMessage(message, at);
  const problem = unreadable('DELIMITERS_INVALID', `${at} MSH-2`, 'MSH-1 and MSH-2 do not declare usable delimiters');
  return [unmappedRecord(type, `unreadable:${at}`, at, [problem])];
}

export function compileMessages(map: LineageMap): MapMessage {
  const records = map.records ?? [];
  const types = new Set(map.messages);
  const fallback = records[0]?.type ?? 'Basic';
  const house = { source: hl7Source, map, zone: (scope: Hl7Scope) => zoneOf(scope, map.zone) };
  const kinds: readonly Kind[] = records.map((record) => ({
    forEach: record.forEach,
    make: compileRecord(record, house),
  }));
  return (message, at) => {
    const problems = types.has(message.type) ? [] : [notMapped(at)];
    checkReadable(message, at, (problem) => problems.push(problem));
    const key = `message:${message.controlId || at}`;
    if (problems.length > 0) return [unmappedRecord(fallback, key, at, problems)];
    const root: Hl7Scope = { message, at, groups: [], known: new Map() };
    const mapped: MappedRecord[] = [];
    const left: Problem[] = [];
    for (const { forEach, make } of kinds) {
      const scopes = forEach === undefined ? [root] : groupsOf(root, forEach);
      for (const scope of scopes) mapped.push(make(scope));
      if (forEach !== undefined) left.push(...uncovered(root, forEach, scopes));
    }
    if (mapped.length === 0) {
      const why = 'the message holds none of the groups the lineage maps';
      left.push({ category: 'schema-invalid', code: 'NOTHING_MAPPED', position: at, message: why });
    }
    return left.length === 0 ? mapped : [...mapped, unmappedRecord(fallback, key, at, left)];
  };
}

/** Segments of a mapped kind that stand in no group would be lost without a word. */
function uncovered(root: Hl7Scope, forEach: string, scopes: readonly Hl7Scope[]): readonly Problem[] {
  const id = forEach.split('/').at(-1) ?? '';
  const covered = new Set(scopes.map((scope) => scope.groups.at(-1)?.segment));
  const lost = root.message.ids.flatMap((each, segment) => (each === id && !covered.has(segment) ? [segment] : []));
  const message = `a ${id} segment outside ${forEach} is not mapped`;
  return lost.map((segment) => {
    const position = hl7Source.position({ ...root, groups: [standIn(id, segment)], known: new Map() });
    return { category: 'schema-invalid', code: 'SEGMENT_OUTSIDE_GROUP', position, message };
  });
}

function standIn(id: string, segment: number) {
  return { id, segment, start: segment, end: segment + 1, ordinal: 1 };
}

const DATE_TIME_OF_MESSAGE = 7;

/** The offset of MSH-7 is the message's default (HL7 v2 chapter 2.16.9.7); the map's zone comes after it. */
function zoneOf({ message }: Hl7Scope, declared: string | undefined): string | undefined {
  const offset = parseHl7Date(message.word(0, DATE_TIME_OF_MESSAGE))?.offsetMinutes;
  if (offset === undefined) return declared;
  const size = Math.abs(offset);
  const digits = (value: number) => String(value).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${digits(Math.floor(size / 60))}:${digits(size % 60)}`;
}

function notMapped(at: string): Problem {
  const message = 'the lineage does not map messages of this type';
  return { category: 'schema-invalid', code: 'MESSAGE_NOT_MAPPED', position: `${at} MSH-9`, message };
}

function unreadable(code: string, position: string, message: string): Problem {
  return { category: 'unreadable', code, position, message };
}
