/** Guided scripts: real records for every role, and what a tester finds opens an exception on its source row. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { graphql } from 'graphql';
import { ACCEPTANCE_ROLES, type AcceptanceRole } from '../../kernel/acceptance.ts';
import type { Actor, Role } from '../../kernel/actor.ts';
import { schemaOf } from '../../subgraphs/validation/main.ts';
import { findingOfWalk, STEP_FINDINGS, type StepFinding, type Walk } from '../../subgraphs/validation/domain/script.ts';
import { migrationOf } from '../../subgraphs/validation/store/copies.ts';
import { walksOf } from '../../subgraphs/validation/store/walks.ts';
import { recheckException } from '../../subgraphs/validation/work/act-on-exception.ts';
import { scriptOf } from '../../subgraphs/validation/work/scripts.ts';
import { signOff } from '../../subgraphs/validation/work/sign-off.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { practice } from './practice.ts';
import { Rig } from './rig.ts';

interface Step {
  readonly record: string;
  readonly sourceId: string | null;
  readonly item: object | null;
}
interface Answer {
  readonly guidedScript: { readonly steps: readonly Step[] };
  readonly recordScriptStep: { readonly walkId: string | null; readonly exceptionId: string | null };
}

const person = (id: string, ...roles: Role[]): Actor => ({ type: 'user', id, roles });
const NORA = person('nora', 'reviewer');

test('every role has a short script with ordinary and edge cases, in full sentences', () => {
  for (const role of ACCEPTANCE_ROLES) {
    const { role: of, steps } = scriptOf(role);
    expect([of, steps.length >= 3, steps.length <= 8]).toEqual([role, true, true]);
    expect(new Set(steps.map(({ kind }) => kind))).toEqual(new Set(['ordinary', 'edge']));
    expect(new Set(steps.map(({ id }) => id)).size).toBe(steps.length);
    for (const { screen, action, expect: seen, record } of steps) {
      expect(record).toMatch(/^([A-Z][A-Za-z]+|item|message)$/);
      for (const text of [screen, action, seen]) expect(text.length).toBeGreaterThan(5);
    }
  }
});

test('everything a tester may find is kept; what data is to blame for is an exception of its category', () => {
  const record = { datasetId: 'ds', batchId: 'bat', itemId: 'item', type: 'Patient', key: 'mrn:1', position: '' };
  const of = (found: StepFinding) => {
    const walk = { role: 'him', scriptId: 'him-1', stepId: 'a', finding: found, seen: 'it', screen: '', action: '' };
    return findingOfWalk({ ...walk, expected: '' } as Walk, record)?.category ?? null;
  };
  expect(STEP_FINDINGS.map((found) => [found, of(found)])).toEqual([
    ['display-truncation', 'truncation'],
    ['missing-label', 'attachment-not-found'],
    ['wrong-value', 'value-mismatch'],
    ['not-found', 'missing-record'],
    ['error-not-handled', 'workflow-failed'],
    ['workflow-friction', null],
  ]);
});

onEveryDialect('guided scripts', (dialect) => {
  let place: Place;
  let rig: Rig;
  let ask: (source: string, variables: object, actor?: Actor) => Promise<Answer>;
  beforeAll(async () => {
    place = await dialect.enter();
    const nursing = { signOff: 'required', testersMin: 1 };
    const interfaces = { signOff: 'required', shiftHours: 1 };
    rig = await Rig.open(place, { policy: { acceptance: { roles: { nursing, interfaces } } } });
    await rig.carryAll(...practice());
    await rig.work();
    const { schema } = await schemaOf(rig.house, rig.watch);
    ask = async (source, variables, actor = NORA) => {
      const variableValues = { ...variables };
      const { data, errors } = await graphql({ schema, source, variableValues, contextValue: { actor } });
      if (errors) throw new Error(errors.map(({ message }) => message).join());
      return JSON.parse(JSON.stringify(data)) as Answer;
    };
  });
  afterAll(() => place.leave());

  const SCRIPT = `query($id: ID!, $role: AcceptanceRole!) { guidedScript(migrationId: $id, role: $role) {
    title steps { id kind record sourceId item { id } } } }`;
  const STEP = `mutation($input: RecordScriptStepInput!) { recordScriptStep(input: $input) {
    walkId exceptionId userErrors { code } } }`;
  const walk = async (input: object, actor?: Actor) => {
    const { recordScriptStep } = await ask(STEP, { input: { migrationId: rig.migrationId, ...input } }, actor);
    return recordScriptStep;
  };

  test('draw real records of the migration, the same however often it is asked', async () => {
    const variables = { id: rig.migrationId, role: 'NURSING' };
    const { guidedScript } = await ask(SCRIPT, variables);
    expect(await ask(SCRIPT, variables)).toEqual({ guidedScript });
    const keys = guidedScript.steps.map(({ sourceId }) => sourceId?.split(':')[0]);
    expect(keys).toEqual(['AllergyIntolerance', 'MedicationRequest', 'mrn']);
    const { guidedScript: him } = await ask(SCRIPT, { ...variables, role: 'HIM' });
    expect(him.steps[0]?.sourceId).toMatch(/^(documents|adt)\//);
    expect(him.steps[2]).toMatchObject({ record: 'DocumentReference', sourceId: null, item: null });
    await expect(ask(SCRIPT, variables, person('ada', 'executive'))).rejects.toThrow();
  });

  const sign = async (decision: 'accepted' | 'rejected', role: AcceptanceRole = 'nursing') => {
    const { report } = await rig.house.store.read((em) => migrationOf(em, rig.migrationId));
    const signature = { role, decision, meaning: 'a shift', report: report ?? '' } as const;
    const signed = await signOff(rig.house, rig.migrationId, signature, NORA);
    return signed.ok ? signed.value.decision : signed.refusals.map(({ code, message }) => `${code} ${message}`);
  };

  test('are walked before a role accepts, where the policy asks for that', async () => {
    expect(await sign('accepted')).toEqual([
      expect.stringMatching(/^SCRIPT_NOT_WALKED .* nursing: allergies, medications, demographics-edge$/),
    ]);
    expect(await sign('rejected')).toBe('rejected');
  });

  test('open an exception on the source row where data is to blame, and keep the rest as feedback', async () => {
    const nursing = { role: 'NURSING', stepId: 'medications' };
    expect(await walk({ ...nursing, finding: 'DISPLAY_TRUNCATION' })).toMatchObject({
      ...{ walkId: null, userErrors: [{ code: 'SEEN_MISSING' }] },
    });
    const told = await walk({ ...nursing, finding: 'DISPLAY_TRUNCATION', seen: 'the dose ends after 10 letters' });
    const [exception] = await rig.exceptions();
    expect(told).toMatchObject({ exceptionId: exception?.id, userErrors: [] });
    expect(exception).toMatchObject({
      ...{ category: 'truncation', origin: 'script', recordType: 'MedicationRequest', severity: 'P1' },
      itemId: rig.itemId('clinical', 'fhir/medications.ndjson'),
      sourceId: expect.stringMatching(/^MedicationRequest:m[12]$/),
    });
    expect(JSON.stringify(exception)).not.toContain('10 letters');
    const friction = { role: 'NURSING', stepId: 'allergies', finding: 'WORKFLOW_FRICTION', seen: 'four clicks' };
    expect(await walk(friction)).toMatchObject({ exceptionId: null, userErrors: [] });
    expect(await walk({ role: 'NURSING', stepId: 'demographics-edge' })).toMatchObject({ exceptionId: null });
    expect(await rig.exceptions()).toHaveLength(1);
    const walks = await rig.house.store.read((em) => walksOf(em, rig.migrationId));
    expect(
      walks.map(({ stepId, finding, screen, seen, walkedBy }) => [stepId, finding, screen, seen, walkedBy]),
    ).toEqual([
      ['medications', 'display-truncation', 'medication list', 'the dose ends after 10 letters', 'nora'],
      ['allergies', 'workflow-friction', 'allergy list', 'four clicks', 'nora'],
      ['demographics-edge', null, 'patient banner', '', 'nora'],
    ]);
    for (const event of await rig.events('validation.exception-raised.v1')) {
      expect(JSON.stringify(event)).not.toContain('10 letters');
    }
  });

  test('let the role accept once every step was walked', async () => {
    expect(await sign('accepted')).toBe('accepted');
  });

  test('have the interface team drill errors with real messages, through a shift, before it accepts', async () => {
    const interfaces = { role: 'INTERFACES', stepId: 'receiver-down' };
    const { guidedScript } = await ask(SCRIPT, { id: rig.migrationId, role: 'INTERFACES' });
    const files = guidedScript.steps.flatMap(({ sourceId }) => sourceId ?? []);
    expect(files.length).toBeGreaterThan(0);
    for (const path of files) expect(path).toMatch(/^(adt|oru)\//);
    expect(await sign('accepted', 'interfaces')).toEqual([
      expect.stringMatching(
        /^SHIFT_NOT_WALKED .* interfaces was walked in 0 different hours of a day, and a shift has 1$/,
      ),
    ]);
    const seen = 'two of the three messages came twice after the start';
    const drilled = await walk({ ...interfaces, finding: 'ERROR_NOT_HANDLED', seen });
    expect(drilled).toMatchObject({ exceptionId: expect.any(String), userErrors: [] });
    const row = (await rig.exceptions()).find(({ id }) => id === drilled.exceptionId);
    expect(row).toMatchObject({ category: 'workflow-failed', origin: 'script', recordType: null });
    expect(files).toContain(row?.sourceId);
    const [kept] = (await rig.house.store.read((em) => walksOf(em, rig.migrationId))).slice(-1);
    expect(kept).toMatchObject({ expected: expect.stringMatching(/arrives once/), seen, walkedBy: 'nora' });
    expect(await sign('accepted', 'interfaces')).toBe('accepted');
  });

  test('refuse a step that is not there, and one that nothing was drawn for', async () => {
    expect(await walk({ role: 'HIM', stepId: 'none' })).toMatchObject({ userErrors: [{ code: 'STEP_UNKNOWN' }] });
    expect(await walk({ role: 'HIM', stepId: 'release' })).toMatchObject({ userErrors: [{ code: 'NOTHING_DRAWN' }] });
  });

  test('no machine takes back what people saw', async () => {
    const [exception] = await rig.exceptions();
    const signal = new AbortController().signal;
    const again = await recheckException(rig.house, exception?.id ?? '', NORA, signal);
    expect(again).toMatchObject({ ok: false, refusals: [{ code: 'RECHECK_NOT_POSSIBLE' }] });
  });
});
