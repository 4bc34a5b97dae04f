/** The rules of a programme that schema/plan.v1.json cannot say. */
import type { Refusal } from '../../../kernel/refusal.ts';
import { checkDependencies } from './dependency.ts';
import type { Endpoint } from './endpoint.ts';
import { compileGlob } from './glob.ts';
import { checkInstants, isDay } from './instant.ts';
import type { Plan, PlannedDataset } from './plan.ts';
import type { Charter } from './programme.ts';
import { nearestWord } from '../../../records/spelling.ts';
import { checkWindow } from './window.ts';

export function checkProgramme(plan: Plan): readonly Refusal[] {
  const systems = (plan.systems ?? []).map(({ name }) => name);
  return [
    ...checkRepeats('systems', systems),
    ...checkRepeats(
      'stakeholders',
      (plan.stakeholders ?? []).map(({ name }) => name),
    ),
    ...checkEndpoint(plan, plan.source, 'source', ['source']),
    ...checkEndpoint(plan, plan.target, 'target', ['target']),
    ...checkCredentials(plan.source, ['source']),
    ...checkCredentials(plan.target, ['target']),
    ...(plan.window === undefined ? [] : checkWindow(plan.window, ['window'])),
    ...(plan.backups ?? []).flatMap((each, at) =>
      checkInstants([`backups[${at}]`], { takenAt: each.takenAt, restoreTestedAt: each.restoreTestedAt }),
    ),
    ...(plan.accessReviews ?? []).flatMap(({ reviewedAt }, at) =>
      checkInstants([`accessReviews[${at}]`], { reviewedAt }),
    ),
    ...plan.datasets.flatMap((dataset, at) => checkCharter(plan, dataset, [`datasets[${at}]`])),
    ...checkDependencies(plan.datasets),
  ];
}

function checkRepeats(list: string, names: readonly string[]): readonly Refusal[] {
  return names.flatMap((name, at) => {
    const first = names.indexOf(name);
    if (first === at) return [];
    const field = [`${list}[${at}]`, 'name'];
    const message = `${field.join('.')} repeats ${JSON.stringify(name)} of ${list}[${first}]`;
    return [{ code: 'NAME_REPEATED', message, field, remedy: 'give each a name of its own' }];
  });
}

/** An endpoint leads into a system of the plan, and into one of its own role. */
function checkEndpoint(
  { systems = [] }: Plan,
  { system }: Endpoint,
  role: 'source' | 'target',
  at: readonly string[],
): readonly Refusal[] {
  if (system === undefined) return [];
  const found = systems.find(({ name }) => name === system);
  if (found?.role === role) return [];
  const field = [...at, 'system'];
  const names = systems.filter((each) => each.role === role).map(({ name }) => name);
  const allowed = names.join(', ') || `none: no system has the role ${role}`;
  const what = found === undefined ? 'is no system of the plan' : `has the role ${found.role}, not ${role}`;
  const nearest = nearestWord(system, names);
  return [
    {
      code: 'SYSTEM_UNKNOWN',
      message: `${field.join('.')} ${JSON.stringify(system)} ${what}; allowed: ${allowed}`,
      field,
      remedy: nearest === undefined ? 'add it to systems' : `write ${nearest}, if that is what was meant`,
    },
  ];
}

/** Refuses with CREDENTIAL_UNKNOWN what is no secret of the endpoint, with TIME_INVALID an end that is no instant. */
function checkCredentials({ secrets, credentials = {} }: Endpoint, at: readonly string[]): readonly Refusal[] {
  const names = Object.keys(secrets);
  return Object.entries(credentials).flatMap(([name, { expiresAt }]) => {
    const field = [...at, 'credentials', name];
    if (names.includes(name)) return checkInstants(field, { expiresAt });
    const nearest = nearestWord(name, names);
    const message = `${field.join('.')} is no secret of the endpoint; allowed: ${names.join(', ') || 'none'}`;
    const remedy = nearest === undefined ? 'name it under secrets too' : `write ${nearest}, if that is what was meant`;
    return [{ code: 'CREDENTIAL_UNKNOWN', message, field, remedy }];
  });
}

function checkCharter(plan: Plan, dataset: PlannedDataset, at: readonly string[]): readonly Refusal[] {
  const { target, legalHold, domain, domainName } = dataset;
  const refusals: Refusal[] = [];
  if (target !== undefined) {
    refusals.push(...checkEndpoint(plan, target, 'target', [...at, 'target']));
    refusals.push(...checkCredentials(target, [...at, 'target']));
  }
  if (domain === 'other' && domainName === undefined) {
    const field = [...at, 'domainName'];
    const message = `${field.join('.')} is missing: the domain is other`;
    refusals.push({ code: 'PLAN_FIELD_MISSING', message, field, remedy: 'say in a word what the data is about' });
  }
  refusals.push(...checkRetention(dataset, [...at, 'retention']));
  refusals.push(...checkFeeds(dataset, at));
  if (legalHold !== undefined) refusals.push(...checkHold(dataset, [...at, 'legalHold']));
  return refusals;
}

function checkRetention({ retention }: Charter, at: readonly string[]): readonly Refusal[] {
  if (retention === undefined) return [];
  const { years, until } = retention;
  if ((years === undefined) === (until === undefined)) {
    const message = `${at.join('.')} needs either years or until, and not both`;
    return [{ code: 'RETENTION_UNCLEAR', message, field: at, remedy: 'say how many years, or until which day' }];
  }
  if (until === undefined || isDay(until)) return [];
  const field = [...at, 'until'];
  return [{ code: 'TIME_INVALID', message: `${field.join('.')} is no day`, field, remedy: 'write it as 2033-12-31' }];
}

function checkFeeds({ feeds = [], format }: PlannedDataset, at: readonly string[]): readonly Refusal[] {
  if (feeds.length > 0 && format !== 'hl7v2') {
    const field = [...at, 'feeds'];
    const message = `${field.join('.')}: only datasets of hl7v2 have messages`;
    return [{ code: 'FEED_UNCLEAR', message, field, remedy: 'take the feeds out' }];
  }
  return feeds.flatMap(({ from, until }, each) => {
    const field = [...at, `feeds[${each}]`];
    const remedy = 'write days as 2033-12-31, the first before the last';
    for (const day of [from, until]) {
      if (day === undefined || isDay(day)) continue;
      return [{ code: 'TIME_INVALID', message: `${field.join('.')}: ${day} is no day`, field, remedy }];
    }
    if (from === undefined || until === undefined || from <= until) return [];
    return [{ code: 'FEED_UNCLEAR', message: `${field.join('.')} ends before it begins`, field, remedy }];
  });
}

/** Refuses with LEGAL_HOLD a plan that leaves behind what it holds. */
function checkHold({ legalHold, exclusions }: PlannedDataset, at: readonly string[]): readonly Refusal[] {
  if (legalHold?.items !== undefined) {
    const compiled = compileGlob(legalHold.items);
    const field = [...at, 'items'];
    if (!compiled.ok)
      return compiled.refusals.map((each) => ({ ...each, message: `${field}: ${each.message}`, field }));
    return [];
  }
  if (legalHold?.held !== true || exclusions.length === 0) return [];
  return [
    {
      code: 'LEGAL_HOLD',
      message: `${at.join('.')}: the dataset is held whole, and its exclusions would leave items behind`,
      field: at,
      remedy: 'take the exclusions out, or say with items what exactly is held',
    },
  ];
}
