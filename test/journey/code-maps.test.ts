/** Diagnoses, procedures and results whose codes are translated by code maps that are documents, moved and proved. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { stringify } from 'yaml';
import { systemClock } from '../../kernel/clock.ts';
import { sandboxCertificates } from '../../plugins/peers/certificates.ts';
import { type FhirServer, startFhirServer } from '../../plugins/peers/fhir-server.ts';
import { codeMapText } from '../../records/code-set/document.ts';
import { loadCodeMap } from '../../records/code-set/load.ts';
import { temporaryFolders } from '../support/places.ts';
import { runWaybill } from '../support/waybill.ts';

const folder = temporaryFolders();
const ICD_10 = 'http://hl7.org/fhir/sid/icd-10-cm';
const ICD_10_PCS = 'http://www.cms.gov/Medicare/Coding/ICD10';
const LOINC = 'http://loinc.org';

interface Kind {
  readonly name: string;
  readonly type: string;
  /** What the resource must say besides, by element. */
  readonly besides: Readonly<Record<string, string>>;
  readonly to: string;
  readonly code: string;
  readonly target: string;
}

const WHEN = '2026-01-02';

/** Three kinds of code, each with a table of its own. */
const KINDS: readonly Kind[] = [
  { name: 'diagnoses', type: 'Condition', besides: {}, to: ICD_10, code: '25000', target: 'E11.9' },
  {
    ...{ name: 'procedures', type: 'Procedure', besides: { status: 'completed', performedDateTime: WHEN } },
    ...{ to: ICD_10_PCS, code: '4525', target: '0DBN8ZX' },
  },
  {
    ...{ name: 'results', type: 'Observation', to: LOINC, code: 'HR', target: '8867-4' },
    besides: { status: 'final', effectiveDateTime: WHEN, valueString: '72' },
  },
];
/** A code that is known to have no other, and one that nobody has put into the table. */
const NOWHERE = 'X9';
const UNKNOWN = 'Q1';

function mapOf({ name, type, besides }: Kind): string {
  const coding = (part: string) => ({ do: 'code', to: `code.coding[0].${part}`, from: 'CODE', map: name, part });
  return stringify({
    ...{ name, version: '1.0.0', format: 'delimited', critical: [`${type}.code`] },
    codeMaps: { [name]: { document: `${name}@1`, minimum: 'approximate' } },
    records: [
      {
        type,
        key: `${name}:{ID}`,
        rules: [
          ...Object.entries(besides).map(([to, value]) => ({ do: 'constant', to, value })),
          { do: 'template', to: 'subject.display', template: '{MRN}' },
          ...['code', 'system'].map(coding),
        ],
      },
    ],
  });
}

let fhir: FhirServer;
let place = '';

beforeAll(async () => {
  place = folder();
  fhir = await startFhirServer({
    certificates: await sandboxCertificates(systemClock),
    token: randomBytes(16).toString('hex'),
    directory: join(place, 'binaries'),
  });
  writeFileSync(join(place, 'ca.pem'), fhir.authority);
  writeFileSync(join(place, 'token'), fhir.token, { mode: 0o600 });
});
afterAll(() => fhir.close());

/** The code map of a kind, as `waybill code-map import` makes it. */
async function importTable({ name, to, code, target }: Kind): Promise<void> {
  const table = Buffer.from(`code,target,equivalence\n${code},${target},equivalent\n${NOWHERE},,unmatched\n`);
  const given = { as: 'csv', name, version: '1', from: 'urn:site', to, source: `${name}.csv` } as const;
  const made = await loadCodeMap(Readable.from([table]), given);
  if (!made.ok) throw new Error(JSON.stringify(made.refusals));
  writeFileSync(join(place, `${name}.codemap.json`), codeMapText(made.value));
}

test('a code with an answer arrives as that code; one without is an exception, and is not written', async () => {
  const source = join(place, 'source');
  for (const kind of KINDS) {
    await importTable(kind);
    const { name, code } = kind;
    mkdirSync(join(source, name), { recursive: true });
    writeFileSync(join(place, `${name}.lineage.yaml`), mapOf(kind));
    const rows = (codes: readonly string[]) => codes.map((each, at) => `${at + 1},7,${each}\n`).join('');
    // What is wrong with one record keeps back its whole item: the others are in another file.
    writeFileSync(join(source, name, 'good.csv'), `ID,MRN,CODE\n${rows([code])}`);
    writeFileSync(
      join(source, name, 'bad.csv'),
      `ID,MRN,CODE\n${rows([NOWHERE, UNKNOWN]).replaceAll(/^(?=.)/gm, '9')}`,
    );
  }
  writeFileSync(
    join(place, 'plan.yaml'),
    stringify({
      migration: 'code-sets',
      source: { connector: 'hl7-file-drop', config: { folder: source } },
      target: {
        connector: 'https-api',
        config: { baseUrl: fhir.baseUrl, profile: 'fhir-r4', ca: './ca.pem' },
        secrets: { token: 'file:./token' },
      },
      datasets: KINDS.map(({ name }) => ({
        ...{ name, tier: 'active-clinical', select: `${name}/**`, format: 'delimited', owner: 'him' },
        lineage: `./${name}.lineage.yaml`,
      })),
      codeMaps: KINDS.map(({ name }) => ({ file: `./${name}.codemap.json` })),
    }),
  );
  const ended = await runWaybill(['migrate', 'plan.yaml', '--data', 'data', '--json'], { directory: place });
  expect({ code: ended.code, stderr: ended.code === 2 ? '' : ended.stderr }).toEqual({ code: 2, stderr: '' });
  for (const { name, type, to, target } of KINDS) {
    const stored = fhir.store.ids(type).map((id) => fhir.store.get(type, id));
    expect(stored).toMatchObject([{ code: { coding: [{ system: to, code: target }] } }]);
    expect(stored).toHaveLength(1);
    const told = ended.json?.exceptions.filter(({ dataset }) => dataset === name) ?? [];
    expect(told.map(({ category, sourceId, field }) => [category, sourceId, field]).sort()).toEqual(
      ['91', '92'].map((id) => ['code-translation-mismatch', `${name}:${id}`, 'CODE']),
    );
  }
});
