/** A chart: a patient or an encounter that landed, and everything that hangs on it. */
import type { Json } from '../../../kernel/canonical-json.ts';
import { SOURCE_IDENTIFIER_SYSTEM } from '../../../records/lineage/lineage.ts';
import type { Check } from '../domain/check.ts';
import { listOf, type Members, membersOf, textOf } from './resource.ts';

export const INCOMPLETE_CHART: Check = {
  id: 'incomplete-chart',
  version: '1',
  layer: 'usability',
  method: 'relation',
  requirements: ['G08', 'G09', 'G10'],
  categories: ['incomplete-chart'],
  codes: ['CHILDREN_MISSING'],
  cannotSee:
    'what the source never held, documents of which no index and no record names a patient, and in whose chart ' +
    'something lies that a target takes in a form of its own',
};

/** The kinds of records that others hang on, the nearest first. */
export const PARENT_TYPES = ['Encounter', 'Patient'] as const;

/** What a record says it hangs on. */
export interface Hanging {
  /** The source key of its encounter; null where it names none by one. */
  readonly encounter: string | null;
  /** Patient and encounter as they are referred to: alike on both sides, or it hangs on something else. */
  readonly owners: string;
}

/** Elements that name an owner: of these a target may give nothing back. */
export const OWNER_ELEMENTS = ['subject', 'patient', 'beneficiary', 'encounter', 'context'] as const;

export function hangingOf(resource: Json): Hanging {
  const members = membersOf(resource);
  const { subject, patient, beneficiary } = members;
  const encounter = encounterOf(members);
  const { system, value } = membersOf(encounter['identifier']);
  const isOurs = system === SOURCE_IDENTIFIER_SYSTEM;
  return {
    encounter: (isOurs ? textOf(value) : undefined) ?? null,
    owners: `${nameOf(membersOf(subject ?? patient ?? beneficiary))} ${nameOf(encounter)}`,
  };
}

/** Documents name it in their context; where the context is itself a reference, it is the encounter. */
export function encounterOf({ encounter, context }: Members): Members {
  const [first] = listOf(encounter ?? membersOf(context)['encounter']);
  return membersOf(first ?? context);
}

function nameOf(reference: Members): string {
  const { system, value } = membersOf(reference['identifier']);
  const identified = textOf(value);
  return identified === undefined ? (textOf(reference['reference']) ?? '') : `${textOf(system) ?? ''}|${identified}`;
}
