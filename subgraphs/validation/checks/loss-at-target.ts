/** The losses a target makes: what it holds of one record, against what it was given. */
import { AUTHOR_ELEMENTS } from './authored.ts';
import { attachmentsOf, isHeld, standingOf } from './loss-facts.ts';
import { codingsOf, listOf, type Members, membersOf, textOf } from './resource.ts';
import { type Loss, loss } from './silent-loss.ts';

/** `movedAt`: when the batch had moved, RFC 3339. */
export function lossesAtTarget(expected: Members, actual: Members, movedAt: string): readonly Loss[] {
  return [
    ...ofStanding(expected, actual),
    ...ofConcepts(expected, actual),
    ...ofValue(expected, actual),
    ...ofAttachments(expected, actual),
    ...ofAuthors(expected, actual),
    ...ofTimes(expected, actual, movedAt),
  ];
}

function ofStanding(expected: Members, actual: Members): readonly Loss[] {
  const [before, after] = [standingOf(expected), standingOf(actual)];
  if (before === 'holds' || after !== 'holds') return [];
  const isVerified = expected['verificationStatus'] !== undefined;
  if (before === 'denied') {
    const field = isVerified ? 'verificationStatus' : 'status';
    return [loss('value-mismatch', 'NEGATION_LOST', field, 'what was denied or withdrawn holds at the target')];
  }
  const field = expected['clinicalStatus'] !== undefined ? 'clinicalStatus' : 'status';
  return [loss('value-mismatch', 'STATUS_FLATTENED', field, 'what was over holds at the target')];
}

const CONCEPTS = [
  'code',
  'medicationCodeableConcept',
  'vaccineCode',
  'type',
  'category',
  'valueCodeableConcept',
] as const;

function ofConcepts(expected: Members, actual: Members): readonly Loss[] {
  return CONCEPTS.flatMap((field): readonly Loss[] => {
    const given = codingsOf(expected[field]).filter(({ system, code }) => system !== '' && code !== '');
    if (given.length === 0 || actual[field] === undefined) return [];
    const held = codingsOf(actual[field]).filter(({ code }) => code !== '');
    if (held.length === 0) {
      return [loss('code-translation-mismatch', 'STRUCTURE_LOST', field, 'a code became words')];
    }
    if (held.some(({ system }) => system !== '')) return [];
    return [
      loss('code-translation-mismatch', 'CODE_SYSTEM_LOST', field, 'the code no longer says of which system it is'),
    ];
  });
}

function ofValue(expected: Members, actual: Members): readonly Loss[] {
  const isStructured = expected['valueQuantity'] !== undefined || expected['valueCodeableConcept'] !== undefined;
  if (!isStructured || textOf(actual['valueString']) === undefined) return [];
  const field = expected['valueQuantity'] === undefined ? 'valueCodeableConcept' : 'valueQuantity';
  return [loss('code-translation-mismatch', 'STRUCTURE_LOST', field, 'a value with its unit or code became words')];
}

function ofAttachments(expected: Members, actual: Members): readonly Loss[] {
  const [before, after] = [attachmentsOf(expected).filter(isHeld).length, attachmentsOf(actual).filter(isHeld).length];
  if (after >= before) return [];
  const field = expected['presentedForm'] === undefined ? 'content' : 'presentedForm';
  return [loss('attachment-not-found', 'BINARY_LOST', field, 'the document is described and its content is not there')];
}

const PROGRAM =
  /\b(?:migrat|convers|convert|import|interface|integration|etl\b|batch|system user|service account|data ?load)/i;

function ofAuthors(expected: Members, actual: Members): readonly Loss[] {
  return AUTHOR_ELEMENTS.filter((field) => isByProgram(actual[field]) && !isByProgram(expected[field])).map((field) =>
    loss('value-mismatch', 'AUTHOR_REPLACED', field, 'a program or a migration stands where a person did'),
  );
}

function isByProgram(author: Members[string]): boolean {
  return listOf(author).some((each) => {
    const { display, reference, identifier, actor } = membersOf(each);
    const told = [display, reference, membersOf(identifier)['value'], membersOf(actor)['display']];
    return told.some((text) => PROGRAM.test(textOf(text) ?? ''));
  });
}

const TIMES = ['recordedDate', 'authoredOn', 'issued', 'date', 'dateAsserted', 'recorded'] as const;
const DAY_MS = 86_400_000;
/** A time at the target within so many days before the batch had moved is the migration's own. */
const MIGRATION_DAYS_MAX = 7;

function ofTimes(expected: Members, actual: Members, movedAt: string): readonly Loss[] {
  const end = Date.parse(movedAt);
  const isOfMigration = (time: string | undefined): boolean => {
    const at = Date.parse(time ?? '');
    return at > end - MIGRATION_DAYS_MAX * DAY_MS && at <= end + DAY_MS;
  };
  return TIMES.filter((field) => {
    const [given, held] = [textOf(expected[field]), textOf(actual[field])];
    return isOfMigration(held) && !isOfMigration(given);
  }).map((field) => loss('timestamp-shift', 'TIME_REPLACED', field, 'the time of the migration stands in its place'));
}
