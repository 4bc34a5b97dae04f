/** Exceptions as documents for others: rows for a spreadsheet (RFC 4180), or a FHIR R4 OperationOutcome. */

/** What the graph answers for an export. */
export interface ExportedException {
  readonly id: string;
  readonly severity: string;
  readonly category: string;
  readonly state: string;
  readonly dataset: { readonly name: string | null } | null;
  readonly recordType: string | null;
  readonly sourceId: string | null;
  readonly targetId: string | null;
  readonly field: string | null;
  readonly position: string;
  readonly cause: string;
  readonly causeId: string;
  readonly note: string;
  readonly owner: string | null;
  readonly raisedAt: string;
  readonly dueAt: string;
  readonly isOverdue: boolean;
  readonly closedBy: string | null;
  readonly waivedUntil: string | null;
}

const COLUMNS = [
  'id',
  'severity',
  'category',
  'state',
  'dataset',
  'recordType',
  'sourceId',
  'targetId',
  'field',
  'position',
  'cause',
  'causeId',
  'note',
  'owner',
  'raisedAt',
  'dueAt',
  'isOverdue',
  'closedBy',
  'waivedUntil',
] as const;

/** RFC 4180: CRLF after every line, quotes doubled. A cell that a spreadsheet would run begins with an apostrophe. */
export async function* asCsv(exceptions: AsyncIterable<ExportedException>): AsyncGenerator<string> {
  yield `${COLUMNS.join(',')}\r\n`;
  for await (const { dataset, ...rest } of exceptions) {
    const row = { ...rest, dataset: dataset?.name ?? null };
    yield `${COLUMNS.map((column) => cellOf(row[column])).join(',')}\r\n`;
  }
}

/** What a spreadsheet takes for a formula (CWE-1236), also behind white space. */
const FORMULA = /^\s*[=+\-@\t\r\0|%]/;

export function cellOf(value: string | boolean | null): string {
  const text = value === null ? '' : String(value);
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) || safe !== text ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** IssueType codes of FHIR R4 (http://hl7.org/fhir/issue-type); `processing` where none says more. */
const ISSUE_TYPES: Readonly<Record<string, string>> = {
  'missing-record': 'not-found',
  'duplicate-record': 'duplicate',
  truncation: 'value',
  'code-translation-mismatch': 'code-invalid',
  'timestamp-shift': 'value',
  'attachment-not-found': 'not-found',
  'value-mismatch': 'value',
  'schema-invalid': 'structure',
  'content-implausible': 'business-rule',
  orphan: 'not-found',
  unreadable: 'invalid',
  'conflicting-allergy': 'business-rule',
  'duplicate-patient': 'duplicate',
  'sequence-gap': 'incomplete',
};
const ISSUE_SEVERITIES: Readonly<Record<string, string>> = {
  P1: 'error',
  P2: 'error',
  P3: 'warning',
  P4: 'information',
};
const NOTHING_FOUND = { severity: 'information', code: 'informational', diagnostics: 'no exception is open' };

/** One OperationOutcome, an issue for each exception; written piece by piece. An outcome has at least one issue. */
export async function* asOperationOutcome(exceptions: AsyncIterable<ExportedException>): AsyncGenerator<string> {
  yield '{"resourceType":"OperationOutcome","issue":[';
  let count = 0;
  for await (const exception of exceptions) {
    yield `${count === 0 ? '' : ','}\n${JSON.stringify(issueOf(exception))}`;
    count += 1;
  }
  if (count === 0) yield JSON.stringify(NOTHING_FOUND);
  yield '\n]}\n';
}

function issueOf(exception: ExportedException): object {
  const { severity, category, cause, note, recordType, field, id } = exception;
  const element = recordType !== null && field !== null && field !== '' ? `${recordType}.${field}` : undefined;
  return {
    id,
    severity: ISSUE_SEVERITIES[severity] ?? 'error',
    code: ISSUE_TYPES[category] ?? 'processing',
    details: { coding: [{ system: 'urn:waybill:exception-category', code: category }], text: cause },
    diagnostics: note,
    ...(element === undefined ? {} : { expression: [element] }),
  };
}
