/** A survey: one look at everything the source holds, listed first, then inspected, then sealed. */
import { derivedId, type Id } from '../../../kernel/id.ts';

export const SURVEY_PHASES = ['listing', 'inspecting', 'sealing', 'done'] as const;
export type SurveyPhase = (typeof SURVEY_PHASES)[number];

/** Superseded: another declaration, exclusion or survey took its place. */
export const SURVEY_RUN_STATES = ['running', 'complete', 'failed', 'superseded'] as const;
export type SurveyRunState = (typeof SURVEY_RUN_STATES)[number];

/** How many items are opened to see what they hold. */
export const INSPECTION_SCOPES = ['all', 'sample', 'none'] as const;
export type InspectionScope = (typeof INSPECTION_SCOPES)[number];

/** What items point at in one another. */
export type { LinkKind } from '../../../records/hidden/hidden.ts';

export function surveyIdOf(migrationId: Id, number: number): Id {
  return derivedId('srv', migrationId, String(number));
}
