/** What people have seen to outside of Waybill, said by somebody who answers for it: backups, reviews, rotations. */
import type { Role } from '../../../kernel/actor.ts';
import { derivedId, type Id } from '../../../kernel/id.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';
import { nearestWord } from '../../../records/spelling.ts';
import { readInstant } from './instant.ts';

export const CONFIRMATION_KINDS = ['backup', 'access-review', 'credential-rotation'] as const;
export type ConfirmationKind = (typeof CONFIRMATION_KINDS)[number];

export interface ConfirmationWish {
  readonly migrationId: Id;
  readonly kind: ConfirmationKind;
  /** A backup: the system; an access review: which accounts and roles; a rotation: the credential. */
  readonly subject: string;
  /** When it happened, RFC 3339. */
  readonly happenedAt: string;
  /** A backup: when it was last restored for a test, RFC 3339; null when it never was. */
  readonly testedAt: string | null;
  /** Never patient data. */
  readonly note: string | null;
}

export interface Confirmation extends ConfirmationWish {
  readonly id: Id;
  readonly confirmedBy: string;
}

/** What the gate asks of it. */
export type Confirmed = Pick<Confirmation, 'kind' | 'subject' | 'happenedAt' | 'testedAt' | 'confirmedBy'>;

/** Who may say so. Whoever runs the migration does not review who may run it. */
export const CONFIRMED_BY: Readonly<Record<ConfirmationKind, readonly Role[]>> = {
  backup: ['operator', 'approver'],
  'access-review': ['approver', 'reviewer', 'auditor'],
  'credential-rotation': ['operator', 'approver'],
};

const TEXT_LENGTH_MAX_CHARS = 500;

/** `subjects`: what it may be about; left out: anything. Refuses with SUBJECT_UNKNOWN, TIME_INVALID, TEXT_INVALID. */
export function decideConfirmation(
  wish: ConfirmationWish,
  context: { readonly subjects?: readonly string[] | undefined; readonly confirmedBy: string; readonly now: Date },
): Outcome<Confirmation> {
  const { subjects, confirmedBy, now } = context;
  const { migrationId, kind, subject, note } = wish;
  for (const [field, text] of [['subject', subject] as const, ['note', note ?? '-'] as const]) {
    if (text.trim() === '' || text.length > TEXT_LENGTH_MAX_CHARS) return textInvalid(field);
  }
  if (subjects !== undefined && !subjects.includes(subject)) return unknownSubject(kind, subject, subjects);
  const happenedAt = pastInstant(wish.happenedAt, now);
  const testedAt = wish.testedAt === null ? null : pastInstant(wish.testedAt, now);
  if (happenedAt === undefined) return timeInvalid('happenedAt');
  if (testedAt === undefined) return timeInvalid('testedAt');
  const id = derivedId('cnf', migrationId, kind, subject, happenedAt, testedAt ?? 'untested', confirmedBy);
  return granted({ ...wish, id, happenedAt, testedAt, confirmedBy });
}

/** In UTC; undefined when it is no instant or has not come yet. */
function pastInstant(text: string, now: Date): string | undefined {
  const at = readInstant(text);
  return at !== undefined && at.getTime() <= now.getTime() ? at.toISOString() : undefined;
}

function timeInvalid(field: string): Outcome<never> {
  return refused({
    code: 'TIME_INVALID',
    message: `${field} is no instant of the past; allowed: RFC 3339, for example 2026-11-28T22:00:00Z`,
    field: [field],
    remedy: 'write when it happened, with its offset; what is still to come cannot be confirmed',
  });
}

function textInvalid(field: string): Outcome<never> {
  return refused({
    code: 'TEXT_INVALID',
    message: `${field} needs 1 to ${TEXT_LENGTH_MAX_CHARS} characters`,
    field: [field],
    remedy: 'say it in a sentence, without naming a patient',
  });
}

function unknownSubject(kind: ConfirmationKind, subject: string, subjects: readonly string[]): Outcome<never> {
  const nearest = nearestWord(subject, subjects);
  return refused({
    code: 'SUBJECT_UNKNOWN',
    message: `no ${kind} can be of ${JSON.stringify(subject)}; allowed: ${subjects.join(', ') || 'nothing'}`,
    field: ['subject'],
    remedy: nearest === undefined ? 'name one of them' : `write ${nearest}, if that is what was meant`,
  });
}
