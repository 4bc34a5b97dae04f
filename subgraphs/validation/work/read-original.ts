/** Reads an original out of the strongroom: examines it, maps it as the lineage does, and looks at what it says. */
import { canonicalJson, type Json } from '../../../kernel/canonical-json.ts';
import type { Id } from '../../../kernel/id.ts';
import { decodeText } from '../../../records/charset.ts';
import { readDelimited } from '../../../records/delimited/read.ts';
import type { Problem } from '../../../records/format.ts';
import { examine } from '../../../records/examine.ts';
import { readFhir, positionOf } from '../../../records/fhir/read.ts';
import { messageFacts } from '../../../records/hl7v2/facts.ts';
import { gather, ItemReading } from '../../../records/item-bytes.ts';
import type { Lineage, MappedRecord } from '../../../records/lineage/lineage.ts';
import { fileColumnOf, isIndexPath, namedPaths, patientColumnOf } from '../checks/attachment-index.ts';
import { hangingOf } from '../checks/chart.ts';
import { dayOf } from '../checks/dropped-feed.ts';
import { CCDA_BYTES_MAX, ccdaAllergiesOf } from '../checks/ccda-allergies.ts';
import { ANY_RECORD_CHECKS, RECORD_CHECKS } from '../checks/catalogue.ts';
import { LossFacts } from '../checks/loss-facts.ts';
import { traitsOf } from '../checks/odd-one-out.ts';
import { medicationDateOf } from '../checks/medication-order.ts';
import { lookAtRecord, type RecordCheck } from '../checks/record-check.ts';
import { membersOf, patientReferenceOf } from '../checks/resource.ts';
import { lossesOf } from '../checks/silent-loss.ts';
import { countedIdOf } from '../checks/sequence-gap.ts';
import type { EligibleItem } from '../domain/account.ts';
import { comparable } from '../../../records/lineage/compare.ts';
import { finding, findingOf, type Origin } from '../domain/finding.ts';
import { type BatchTask, mapOf, recordDigest } from './batch-work.ts';
import { factsOfOriginal } from './look-for-loss.ts';
import { holdToProfile } from './hold-to-profile.ts';
import { Kin } from './kin.ts';
import { noteEnclosed, noteInside } from './note-papers.ts';
import { FEED_DAYS, type FindingBook, INDEX_ROWS, type ItemLine, MESSAGES, TRAITS } from './scratch.ts';
import type { ParcelNotes } from './parcel-notes.ts';
import type { RecordNotes } from './record-notes.ts';
import type { Spool } from './spool.ts';
import { countedBy } from './totals.ts';

export interface Desk {
  readonly task: BatchTask;
  readonly spool: Spool;
  readonly findings: FindingBook;
  /** What is to be matched. */
  readonly records: RecordNotes;
  readonly parcels: ParcelNotes;
  /** Which remedy moved an item again, by item. */
  readonly movedBy: Map<Id, Id>;
}

/** What became of the reading: whether it is what it is declared to be, and how many records the lineage makes. */
export type OriginalReading = Pick<ItemLine, 'q' | 'r'>;

export async function readOriginal(desk: Desk, item: EligibleItem): Promise<OriginalReading> {
  const { task, findings } = desk;
  const { sha256, path, itemId, ordinal } = item;
  if (sha256 === null || item.state === 'excluded') return { q: 'readable', r: 0 };
  const { format } = task.dataset;
  const bytes = () => task.house.strongroom.read(sha256);
  const examined = await examine(format, path, bytes());
  for (const problem of examined.problems) {
    await findings.add(ordinal, findingOf(problem, { origin: 'examination', itemId }));
  }
  const isUnreadable = examined.shape === null && examined.problems.some(({ category }) => category === 'unreadable');
  if (isUnreadable) return { q: 'unreadable', r: 0 };
  if (format === 'delimited') await holdToProfile(desk, item, bytes());
  if (format === 'hl7v2') await noteMessages(desk, item, bytes());
  if (format === 'document' && isIndexPath(path)) await noteIndex(desk, item, bytes());
  const lineage = mapOf(task, item.movedBy);
  const isFhir = isFhirMade(lineage);
  // What is made for a target that takes no FHIR cannot be looked at as FHIR; what it is made of can.
  if (format === 'fhir' && !isFhir) await lookAtResources(desk, item, bytes());
  if (lineage !== null) {
    const made = new LossFacts();
    const r = await mapRecords(desk, item, bytes(), made);
    if (isFhir) await lookForLoss(desk, item, made, bytes());
    return { q: 'readable', r };
  }
  if (format === 'ccda') await lookAtSummary(desk, item, bytes());
  if (format === 'ccda' || format === 'document')
    await noteInside(task, kinOf(desk, item, task.dataset.id), item, bytes());
  return { q: 'readable', r: 0 };
}

/** What the item states and the lineage did not carry over. */
async function lookForLoss(
  desk: Desk,
  { ordinal, itemId, path }: EligibleItem,
  made: LossFacts,
  bytes: AsyncIterable<Uint8Array>,
): Promise<void> {
  const original = await factsOfOriginal(desk.task.dataset.format, path, bytes);
  for (const { category, code, field, message: note } of original === undefined ? [] : lossesOf(original, made)) {
    await desk.findings.add(ordinal, finding({ origin: 'content', itemId, category, code, field, note }));
  }
}

function isFhirMade(lineage: Lineage | null): boolean {
  return lineage?.target === 'fhir-r4';
}

async function mapRecords(
  desk: Desk,
  item: EligibleItem,
  bytes: AsyncIterable<Uint8Array>,
  made: LossFacts,
): Promise<number> {
  const { task, spool } = desk;
  const lineage = mapOf(task, item.movedBy);
  const isFhir = isFhirMade(lineage);
  const kin = kinOf(desk, item, task.migration.id);
  const contents = await spool.file('expected.contents');
  let count = 0;
  for await (const record of lineage?.map(item.path, bytes) ?? []) {
    count += 1;
    const { key, type, position, resource, problems, asOf: v = null } = record;
    const content = Buffer.from(canonicalJson(comparable(resource)));
    const [n, o, d] = [item.ordinal, count, recordDigest(task.house, content)];
    const a = await contents.append(content);
    const w = problems.length === 0;
    const { encounter: e, owners: h } = isFhir ? hangingOf(resource) : HANGS_UNTOLD;
    const m = medicationDateOf(resource);
    const hanging = { u: record.parent, e, h, ...countedBy(task.house, resource), ...(m !== undefined && { m }) };
    await desk.records.expect({
      n,
      o,
      k: key,
      t: type,
      i: item.itemId,
      p: position,
      d,
      a,
      z: content.byteLength,
      w,
      v,
      ...hanging,
    });
    if (isFhir) made.addResource(membersOf(resource));
    for (const problem of problems) await noteUnmapped(desk, item, record, problem);
    if (UNNAMED_KEY.test(key)) continue;
    await lookAt(desk, item, record, isFhir ? RECORD_CHECKS : ANY_RECORD_CHECKS);
    if (!isFhir) continue;
    await noteTraits(desk, item, record);
    await kin.take(record);
    await noteEnclosed(task, kin, record);
  }
  await kin.flush();
  return count;
}

/** Records in a target's own form name no owner that could be read. */
const HANGS_UNTOLD = { encounter: null, owners: null } as const;

/** Keys the lineage gives to what has none. */
export const UNNAMED_KEY = /^(unreadable|unkeyed):/;

async function noteUnmapped(desk: Desk, item: EligibleItem, record: MappedRecord, problem: Problem): Promise<void> {
  const { key, type, position } = record;
  const { record: _record, ...told } = { ...problem, position: problem.position || position };
  const name = UNNAMED_KEY.test(key) ? {} : { record: key, recordType: type };
  await desk.findings.add(item.ordinal, findingOf(told, { origin: 'mapping', itemId: item.itemId, ...name }));
}

/** A record that was not mapped has no problems of mapping. */
type Looked = Omit<MappedRecord, 'problems'> & Partial<Pick<MappedRecord, 'problems'>>;

/** What a record says of itself. */
async function lookAt(desk: Desk, item: EligibleItem, record: Looked, checks: readonly RecordCheck[]): Promise<void> {
  const { key, type, position, resource, problems = [] } = record;
  const where: { origin: Origin; itemId: string; record: string; recordType: string } = {
    ...{ origin: 'content', itemId: item.itemId, record: key, recordType: type },
  };
  const { movedAt: today, policy } = desk.task;
  const lengthMax = new Map(Object.entries(policy.validation.lengthMax ?? {}));
  const told = { today, lengthMax, isPartial: problems.length > 0 };
  for (const seen of lookAtRecord(checks, membersOf(resource), told)) {
    await desk.findings.add(item.ordinal, finding({ ...where, ...seen, position, note: seen.message }));
  }
}

/** The forms of its identifiers and units, for the record to be held against the others of its batch. */
async function noteTraits(desk: Desk, { ordinal: n, itemId: i }: EligibleItem, record: Looked): Promise<void> {
  const { key: k, type: t, position: p, resource } = record;
  const lines = await desk.spool.lines(TRAITS);
  for (const { kind: c, slot: s, form: v, field: f } of traitsOf(membersOf(resource))) {
    await lines.line({ n, i, k, t, p, c, s, v, f });
  }
}

async function lookAtResources(desk: Desk, item: EligibleItem, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const kin = kinOf(desk, item, desk.task.dataset.id);
  for await (const read of readFhir(item.path, new ItemReading(bytes))) {
    if (read.kind === 'problem') continue;
    const resource: Json = read.resource;
    const { resourceType, id } = read.resource;
    const [type, name] = [String(resourceType), typeof id === 'string' ? id : ''];
    const position = positionOf(read.at);
    const key = type === 'Patient' ? name || position : `${type}:${name || position}`;
    const record = { key, type, position, resource, parent: patientReferenceOf(resource) ?? null };
    await lookAt(desk, item, record, RECORD_CHECKS);
    await noteTraits(desk, item, record);
    await kin.take(record);
    await noteEnclosed(desk.task, kin, record);
  }
  await kin.flush();
}

async function lookAtSummary(desk: Desk, item: EligibleItem, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const whole = await gather(bytes, CCDA_BYTES_MAX);
  const allergies = whole === undefined ? undefined : ccdaAllergiesOf(decodeText(whole).text);
  if (allergies === undefined) return;
  const kin = kinOf(desk, item, desk.task.dataset.id);
  for (const statement of allergies.statements) {
    kin.state(allergies.patient, statement, { key: item.itemId, type: 'AllergyIntolerance', position: '' });
  }
  await kin.flush();
}

/** What senders count by, and when something came. */
async function noteMessages(desk: Desk, item: EligibleItem, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const lines = await desk.spool.lines(MESSAGES);
  let m = 0;
  const days = await desk.spool.lines(FEED_DAYS);
  for await (const { sender, controlId, type, dateTime, sequenceNumber } of messageFacts(bytes)) {
    m += 1;
    const day = dayOf(dateTime);
    if (day !== undefined) await days.line({ x: type, v: day });
    const counted = countedIdOf(controlId);
    const sent = Date.parse(dateTime ?? '');
    const numbered = { q: sequenceNumber, t: Number.isNaN(sent) ? null : sent };
    const { prefix: x = null, number: v = null } = counted ?? {};
    await lines.line({ n: item.ordinal, m, i: item.itemId, s: sender, c: controlId, x, v, ...numbered });
  }
}

/** Notes every path an index names. Line 0 says that it is an index; line -1 that not all of it could be read. */
async function noteIndex(desk: Desk, item: EligibleItem, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const lines = await desk.spool.lines(INDEX_ROWS);
  const note = (l: number, a: string | null, b: string | null, m = ''): Promise<void> =>
    lines.line({ n: item.ordinal, i: item.itemId, l, p: item.path, a, b, m });
  let column: number | undefined;
  let owner: number | undefined;
  for await (const read of readDelimited(new ItemReading(bytes))) {
    if (read.kind === 'header') {
      column = fileColumnOf(read.columns);
      owner = patientColumnOf(read.columns);
      if (column !== undefined) await note(0, null, null);
    } else if (column === undefined) continue;
    else if (read.kind === 'row') {
      const [a, b = a] = namedPaths(item.path, read.row.cells[column] ?? '');
      if (a !== undefined) await note(read.row.line, a, b ?? a, read.row.cells[owner ?? -1]?.trim());
    } else if (read.problem.category === 'unreadable') {
      await desk.findings.add(item.ordinal, findingOf(read.problem, { origin: 'content', itemId: item.itemId }));
      await note(-1, null, null);
    }
  }
}

function kinOf(desk: Desk, item: EligibleItem, scope: string): Kin {
  const { dataset, batch, movedAt } = desk.task;
  const of = { scope, datasetOrdinal: dataset.ordinal, batchId: batch.id, today: movedAt };
  return new Kin(item, of, desk.spool);
}
