/** Code maps that a plan brings along: sealed beside the maps that name them, and asked when data is mapped. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import type { Json } from '../../../kernel/canonical-json.ts';
import { sha256 } from '../../../kernel/digest.ts';
import { codeMapText } from '../../../records/code-set/document.ts';
import { readPlanFile } from '../../../subgraphs/inventory/main.ts';
import { DIALECTS } from '../../support/databases.ts';
import { at, House } from '../house.ts';

const DOCUMENT = codeMapText({
  name: 'diagnoses',
  version: '2018',
  from: { system: 'urn:from', name: 'From' },
  to: { system: 'urn:to', name: 'To' },
  provenance: { source: 'x', sha256: '0'.repeat(64), loadedWith: 'csv 1' },
  codes: { a: { targets: [{ code: 'A', equivalence: 'equal' }] }, b: { targets: [{ equivalence: 'unmatched' }] } },
});
const DIGEST = sha256(DOCUMENT);
const MAP = `
name: own
version: 1.0.0
format: delimited
critical: []
codeMaps: { dx: { document: diagnoses@2018 } }
records:
  - type: Condition
    key: 'dx:{ID}'
    parent: 'mrn:{MRN}'
    rules:
      - { do: reference, to: subject, type: Patient, key: 'mrn:{MRN}' }
      - { do: code, to: 'code.coding[0].code', from: DX, map: dx }
      - { do: code, to: 'code.coding[0].system', from: DX, map: dx, part: system }
`;
const REFERENCE = '/plans/own.lineage.yaml';
const FILE = '/plans/diagnoses.codemap.json';

const DECLARE = `mutation ($plan: JSON! $lineages: [LineageDocumentInput!]! $codeMaps: [CodeMapDocumentInput!]!) {
  declareMigration(input: { plan: $plan, lineages: $lineages, codeMaps: $codeMaps }) {
    migration { id datasets { nodes { id lineage { digest } } } } userErrors { code message field } } }`;
const SURVEY = `mutation ($id: ID!) { surveyMigration(input: { migrationId: $id }) { userErrors { code } } }`;
const EXPLAIN = `query ($id: ID!) { lineageExplanation(itemId: $id) {
  records { key fields { target } problems { code position } } } }`;
const [SQLITE] = DIALECTS;

const packed = (text: string, reference = FILE) => ({ reference, gzip: gzipSync(text).toString('base64') });

test('a plan brings its code maps: refused where missing, changed or none, else sealed and asked', async () => {
  if (SQLITE === undefined) throw new Error('there is always SQLite');
  const place = await SQLITE.enter();
  const house = await House.open(place);
  try {
    house.source.put('csv/dx.csv', Buffer.from('ID,MRN,DX\n1,7,a\n2,7,b\n3,7,c\n'));
    const dataset = { name: 'dx', tier: 'active-clinical', select: 'csv/**', format: 'delimited', owner: 'him' };
    const declare = (codeMaps: readonly Json[], brought: readonly Json[] = [packed(DOCUMENT)]) =>
      house.ask(DECLARE, {
        plan: house.plan([{ ...dataset, lineage: REFERENCE }], { codeMaps: [...codeMaps] }),
        lineages: [{ reference: REFERENCE, text: MAP }],
        codeMaps: brought,
      });
    const refusal = (code: string, field: string) => ({
      migration: null,
      userErrors: [{ code, field: expect.arrayContaining([field]) }],
    });
    const planned = [{ file: FILE }];
    expect(await declare(planned, [])).toMatchObject(refusal('CODE_MAP_MISSING', 'codeMaps[0]'));
    expect(await declare([{ file: FILE, sha256: '0'.repeat(64) }])).toMatchObject(
      refusal('CODE_MAP_CHANGED', 'codeMaps[0]'),
    );
    expect(await declare(planned, [packed('{}')])).toMatchObject({ migration: null });
    expect(await declare(planned, [{ reference: FILE, gzip: 'AAAA' }])).toMatchObject(
      refusal('CODE_MAP_INVALID', 'codeMaps[0]'),
    );
    expect(await declare([])).toMatchObject(refusal('CODE_MAP_MISSING', 'datasets[0]'));

    const declared = await declare([{ file: FILE, sha256: DIGEST }]);
    await house.running.settled();
    expect(declared).toMatchObject({ userErrors: [] });
    const lineage = at(declared, 'migration.datasets.nodes.0.lineage.digest');
    const sealed = (await house.strongroom.readWhole(lineage, MAP.length * 4)).toString();
    expect(sealed).toContain(`sha256:${DIGEST}`);
    expect((await house.strongroom.readWhole(DIGEST, DOCUMENT.length)).toString()).toBe(DOCUMENT);
    const [event] = await house.events();
    expect(event?.payload).toMatchObject({ codeMaps: [{ name: 'diagnoses@2018', digest: DIGEST }] });

    await house.ask(SURVEY, { id: at(declared, 'migration.id') });
    await house.running.settled();
    const datasetId = at(declared, 'migration.datasets.nodes.0.id');
    const items = await house.ask(`{ items(datasetId: "${datasetId}") { nodes { id } } }`, {});
    const explained = await house.ask(EXPLAIN, { id: at(items, 'nodes.0.id') });
    expect(explained).toMatchObject({
      records: [
        { key: 'dx:1', problems: [] },
        { key: 'dx:2', problems: [{ code: 'CODE_NO_MAP', position: 'line 3 column DX' }, { code: 'CODE_NO_MAP' }] },
        { key: 'dx:3', problems: [{ code: 'CODE_UNMAPPED' }, { code: 'CODE_UNMAPPED' }] },
      ],
    });
  } finally {
    await house.close();
    await place.leave();
  }
});

test('a plan on disk brings its code maps compressed, and names those that are not there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-plan-'));
  try {
    const plan = {
      migration: 'm',
      source: { connector: 'sftp' },
      target: { connector: 'https-api' },
      datasets: [{ name: 'd', tier: 'active-clinical', select: '**', format: 'document', lineage: 'pass-through' }],
      codeMaps: [{ file: './dx.codemap.json' }],
    };
    writeFileSync(join(folder, 'plan.yaml'), stringify(plan));
    expect(await readPlanFile(join(folder, 'plan.yaml'))).toMatchObject({
      refusals: [{ code: 'FILE_NOT_READABLE', field: ['codeMaps[0]'] }],
    });
    writeFileSync(join(folder, 'dx.codemap.json'), DOCUMENT);
    const file = join(folder, 'dx.codemap.json');
    expect(await readPlanFile(join(folder, 'plan.yaml'))).toMatchObject({
      value: { plan: { codeMaps: [{ file }] }, codeMaps: [packed(DOCUMENT, file)] },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
