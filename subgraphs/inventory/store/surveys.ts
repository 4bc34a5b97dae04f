/** Rows of surveys: the one under way, those there were, and what each found in its datasets. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Id } from '../../../kernel/id.ts';
import { type InspectionScope, surveyIdOf } from '../domain/survey.ts';
import { SurveyDataset, SurveyRun } from './survey-tables.ts';
import type { Dataset, Migration } from './tables.ts';

export interface NewSurvey {
  readonly migration: Migration;
  readonly datasets: readonly Dataset[];
  readonly inspect: InspectionScope;
  readonly requestedBy: string;
  readonly now: string;
}

/** Begins a survey; one that was under way is superseded. */
export async function startSurvey(em: SqlEntityManager, survey: NewSurvey): Promise<SurveyRun> {
  const { migration, datasets, inspect, requestedBy, now } = survey;
  await supersedeSurvey(em, migration.id, now);
  const number = ((await latestSurvey(em, migration.id))?.number ?? 0) + 1;
  const id = surveyIdOf(migration.id, number);
  const run = em.create(SurveyRun, {
    id,
    migrationId: migration.id,
    number,
    isLate: migration.isLaunched,
    state: 'running',
    phase: 'listing',
    inspect,
    requestedBy,
    startedAt: now,
    finishedAt: null,
    cursor: null,
    failureCode: null,
    failureReason: null,
  });
  const rows = datasets.map((dataset) => ({ surveyId: id, datasetId: dataset.id, before: dataset.survey }));
  await em.persist(run).flush();
  await em.insertMany(SurveyDataset, rows);
  return run;
}

export function runningSurvey(em: SqlEntityManager, migrationId: Id): Promise<SurveyRun | null> {
  return em.findOne(SurveyRun, { migrationId, state: 'running' });
}

/** Whatever its state. */
export function latestSurvey(em: SqlEntityManager, migrationId: Id): Promise<SurveyRun | null> {
  return em.findOne(SurveyRun, { migrationId }, { orderBy: { number: 'desc' } });
}

/** A survey whose migration was declared anew, launched, or asked to be surveyed again. */
export async function supersedeSurvey(em: SqlEntityManager, migrationId: Id, now: string): Promise<void> {
  const run = await runningSurvey(em, migrationId);
  if (run !== null) Object.assign(run, { state: 'superseded', finishedAt: now });
  await em.flush();
}

/** The newest first. */
export async function pageOfSurveys(
  em: SqlEntityManager,
  migrationId: Id,
  limit: number,
  after: Id | null | undefined,
): Promise<SurveyRun[]> {
  const last = after ? await em.findOne(SurveyRun, { id: after }) : null;
  const older = last === null ? {} : { number: { $lt: last.number } };
  return em.find(SurveyRun, { migrationId, ...older }, { orderBy: { number: 'desc' }, limit });
}

export function countSurveys(em: SqlEntityManager, migrationId: Id): Promise<number> {
  return em.count(SurveyRun, { migrationId });
}

export function surveyDatasets(em: SqlEntityManager, surveyId: Id): Promise<SurveyDataset[]> {
  return em.find(SurveyDataset, { surveyId }, { orderBy: { datasetId: 'asc' } });
}
