import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { anything, assert, constantFrom, jsonValue, property, string } from 'fast-check';
import { stringify } from 'yaml';
import type { Json } from '../../../kernel/canonical-json.ts';
import { acceptPlan, parsePlan } from '../../../subgraphs/inventory/work/read-plan.ts';

const PLAN = `
migration: st-anne-2026
source:
  connector: sftp
  config: { host: 127.0.0.1, port: 2222, user: mover, root: /export, hostKey: "SHA256:abc" }
  secrets: { privateKey: "file:./mover.key" }
target:
  connector: https-api
  config: { baseUrl: "https://127.0.0.1:8443/fhir", profile: fhir-r4, ca: ./ca.pem }
  secrets: { token: "env:FHIR_TOKEN" }
datasets:
  - { name: scanned-documents, tier: historical-searchable, select: "documents/**", format: document,
      lineage: pass-through, owner: him }
  - { name: lab-results, tier: active-clinical, select: "hl7/oru/*.hl7", format: hl7v2,
      lineage: ./lab-results.lineage.yaml, owner: lab }
policy: ./policy.yaml
`;
const options = { baseDirectory: '/plans/anne' };

type Members = Record<string, Json>;
const sound = () => {
  const parsed = parsePlan(PLAN, options);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.refusals));
  return structuredClone(parsed.value) as unknown as Members & {
    datasets: Members[];
    source: Members;
    target: Members;
  };
};
const refusalsOf = (text: string) => {
  const parsed = parsePlan(text, options);
  return parsed.ok ? [] : parsed.refusals;
};

describe('a plan', () => {
  test('is read with everything filled in and every reference to a file absolute', () => {
    expect(sound()).toEqual({
      migration: 'st-anne-2026',
      source: {
        connector: 'sftp',
        config: { host: '127.0.0.1', port: 2222, user: 'mover', root: '/export', hostKey: 'SHA256:abc' },
        secrets: { privateKey: 'file:/plans/anne/mover.key' },
      },
      target: {
        connector: 'https-api',
        config: { baseUrl: 'https://127.0.0.1:8443/fhir', profile: 'fhir-r4', ca: '/plans/anne/ca.pem' },
        secrets: { token: 'env:FHIR_TOKEN' },
      },
      datasets: [
        expect.objectContaining({ name: 'scanned-documents', lineage: 'pass-through', exclusions: [] }),
        expect.objectContaining({ name: 'lab-results', lineage: '/plans/anne/lab-results.lineage.yaml' }),
      ],
      policy: '/plans/anne/policy.yaml',
    });
  });

  test('read again from what was read is the same plan', () => {
    const plan = sound();
    expect(parsePlan(JSON.stringify(plan), { baseDirectory: '/elsewhere' })).toEqual({ ok: true, value: plan });
    expect(acceptPlan(plan as unknown as Json)).toEqual({ ok: true, value: plan });
  });

  test('may send one dataset to a folder of this machine, whose path becomes absolute', () => {
    const plan = sound();
    const here = { folder: './drop', acknowledgements: { folder: 'acks', seconds: 5 } };
    plan.datasets[0] = { ...plan.datasets[0], target: { connector: 'hl7-file-drop', config: here } };
    expect(acceptPlan(plan as unknown as Json)).toMatchObject({
      refusals: [{ code: 'PATH_NOT_ABSOLUTE', message: expect.stringMatching(/^2 /) }],
    });
    const parsed = parsePlan(stringify(plan), options);
    expect(parsed.ok && parsed.value.datasets[0]?.target).toEqual({
      connector: 'hl7-file-drop',
      config: { folder: '/plans/anne/drop', acknowledgements: { folder: '/plans/anne/acks', seconds: 5 } },
      secrets: {},
    });
    const config = { host: 'files.example', folder: '/drop', acknowledgements: { folder: '/acks' } };
    plan.datasets[0] = { ...plan.datasets[0], target: { connector: 'hl7-file-drop', config } };
    const elsewhere = parsePlan(stringify(plan), options);
    expect(elsewhere.ok && elsewhere.value.datasets[0]?.target?.config).toEqual(config);
  });

  test.each([
    ['teir: active-clinical', 'tier: active-clinical', /datasets\[1\]\.teir is no field.*tier/, /write tier/],
    ['tier: urgent', 'tier: active-clinical', /datasets\[1\]\.tier is urgent; allowed: active-clinical, fin/, /write/],
    ['', 'tier: active-clinical,', /datasets\[1\]\.tier is missing; allowed: active-clinical, fin/, /add it/],
    ['format: hl7', 'format: hl7v2', /datasets\[1\]\.format is hl7; allowed: hl7v2, fhir/, /write hl7v2/],
    ['select: "{a"', 'select: "hl7/oru/*.hl7"', /datasets\[1\]\.select: the pattern/, /pattern/],
    ['lineage: passthrough', 'lineage: pass-through', /passthrough/, /write pass-through/],
    ['lineage: "shipped:oru"', 'lineage: pass-through', /shipped:oru/, /write/],
    ['name: "../x"', 'name: lab-results', /datasets\[1\]\.name is a text that is not allowed/, /letters/],
    ['name: SCANNED-documents', 'name: lab-results', /datasets\[1\]\.name repeats/, /name of its own/],
    ['port: 22, password: hunter2', 'port: 2222', /source\.config\.password is a secret/, /source\.secrets\.password/],
    ['token: "hunter2"', 'token: "env:FHIR_TOKEN"', /target\.secrets\.token is a text that is not allowed/, /env:NAME/],
    ['sauce:', 'source:', /source is missing/, /add it/],
    [
      'config: 7',
      'config: { host: 127.0.0.1, port: 2222, user: mover, root: /export, hostKey: "SHA256:abc" }',
      /source\.config is a number; a map is expected/,
      /settings/,
    ],
    ['migration: [', 'migration: st-anne-2026', /cannot be read at line/, /YAML/],
    ['migration: x\nmigration: y', 'migration: st-anne-2026', /cannot be read at line 3/, /YAML/],
  ])('with %j is refused by path, with what is allowed', (wrong, right, message, remedy) => {
    expect(PLAN).toContain(right);
    const refusals = refusalsOf(PLAN.replace(right, wrong));
    expect(refusals).toContainEqual(
      expect.objectContaining({ message: expect.stringMatching(message), remedy: expect.stringMatching(remedy) }),
    );
    expect(JSON.stringify(refusals)).not.toContain('hunter2');
  });

  test('that is empty, or no map at all, is refused by what it lacks', () => {
    expect(refusalsOf('').map(({ message }) => message)).toEqual(
      ['migration', 'source', 'target', 'datasets'].map((name) => expect.stringContaining(`${name} is missing`)),
    );
    expect(refusalsOf('just words')[0]?.message).toBe('the plan is a text; a map is expected');
  });

  test('made of aliases of aliases is refused before it fills the memory', () => {
    const bomb = ['a: &a [x,x]', ...Array.from({ length: 30 }, (_, at) => `k${at}: &b${at} [*a,*a,*a,*a]`)].join('\n');
    expect(refusalsOf(bomb)[0]?.code).toBe('PLAN_NOT_YAML');
  });

  test('handed in by somebody else may not hold relative paths', () => {
    const plan = sound();
    plan.source = { ...plan.source, secrets: { privateKey: 'file:./mover.key' } };
    expect(acceptPlan(plan as unknown as Json)).toMatchObject({ ok: false, refusals: [{ code: 'PATH_NOT_ABSOLUTE' }] });
  });

  test('with any field of any name added is refused, naming that field', () => {
    const places = [[], ['source'], ['target'], ['datasets', 0], ['datasets', 1]] as const;
    assert(
      property(constantFrom(...places), string({ minLength: 1, maxLength: 20 }), jsonValue(), (place, name, value) => {
        const plan = sound();
        const holder = place.reduce<Json>(
          (at, key) => (at as unknown as Record<string, Json>)[key] ?? null,
          plan as Json,
        );
        if (Object.hasOwn(holder as object, name) || name in { policy: 0, target: 0, exclusions: 0, owner: 0 }) return;
        Object.defineProperty(holder, name, { value, enumerable: true, configurable: true });
        const refusals = refusalsOf(JSON.stringify(plan));
        expect(refusals.some(({ code }) => code === 'PLAN_FIELD_UNKNOWN')).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('is never answered with an error, whatever is written', () => {
    assert(
      property(anything({ withNullPrototype: false }), (value) => {
        const text = stringify(value) ?? '';
        const parsed = parsePlan(text, options);
        expect(parsed.ok).toBe(false);
      }),
      { numRuns: 200 },
    );
    assert(property(string({ unit: 'binary', maxLength: 60 }), (text) => expect(refusalsOf(text)).not.toEqual([])));
  });
});

test.each(['plan', 'policy'])('the schema of a %s is a schema itself', (kind) => {
  const schema: unknown = JSON.parse(readFileSync(new URL(`../../../schema/${kind}.v1.json`, import.meta.url), 'utf8'));
  const ajv = new Ajv();
  ajv.validateSchema(schema as object);
  expect(ajv.errors ?? []).toEqual([]);
});
