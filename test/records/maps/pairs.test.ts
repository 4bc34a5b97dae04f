/** Messages of our own beside what the shipped maps make of them, for every folder of them: `oru/corrected.hl7`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseJson } from '../../../kernel/canonical-json.ts';
import { checkResource } from '../../../records/fhir/check.ts';
import type { JsonObject } from '../../../records/leaves.ts';
import { LossMeter } from '../../../records/lineage/loss.ts';
import { parseLineage } from '../../../records/lineage/parse.ts';
import { shippedLibraries, shippedLineages } from '../../../records/maps/shipped.ts';
import { SAMPLES } from '../../support/samples.ts';
import { item, mapped, shipped } from '../item.ts';

const HERE = import.meta.dirname;
/** Writes the expected outputs anew; whoever does that reads the difference. */
const isWritten = process.env['WAYBILL_WRITE_PAIRS'] === '1';

const types = readdirSync(HERE, { withFileTypes: true }).flatMap((entry) => {
  const hasMessages = entry.isDirectory() && readdirSync(join(HERE, entry.name)).some((file) => file.endsWith('.hl7'));
  return hasMessages ? [entry.name] : [];
});

describe.each(types)('the shipped map of %s', (type) => {
  const lineage = shipped(`${type}-to-fhir`);
  const folder = join(HERE, type);
  const names = readdirSync(folder).flatMap((file) => (file.endsWith('.hl7') ? [file.slice(0, -'.hl7'.length)] : []));

  test.each(names)('makes of %s what stands beside it, and no bad FHIR', async (name) => {
    const source = readFileSync(join(folder, `${name}.hl7`), 'utf8')
      .trimEnd()
      .replaceAll('\n', '\r');
    const records = await mapped(lineage, source);
    const said = records.map(({ key, parent, resource, problems }) => {
      if (problems.length === 0) return { key, parent, resource };
      return { key, problems: problems.map(({ code, position }) => `${code} ${position}`) };
    });
    const wrong = records.flatMap(({ resource, problems }) =>
      problems.length > 0 ? [] : checkResource(resource as JsonObject, { prefix: '', pointer: '' }),
    );
    expect(wrong.map(({ code, field }) => `${code} ${field}`)).toEqual([]);
    const expected = join(folder, `${name}.fhir.json`);
    if (isWritten) writeFileSync(expected, `${JSON.stringify(said, null, 2)}\n`);
    expect(said).toEqual(parseJson(readFileSync(expected, 'utf8')));
  });
});

/** Real messages, by the map they are for: whole ones, every segment in its place. */
const REAL: Readonly<Record<string, readonly string[]>> = {
  siu: [
    'ms-pairs/SIU-S12-01.hl7',
    'vendor-nist/corepoint-health__siu-example.hl7',
    'mirth-filereader/nonbatch__03.hl7',
  ],
  mdm: ['ms-pairs/MDM-T02-01.hl7', 'hl7-v2-to-fhir-samples/Message.hl7_MDM_T02.txt'],
  dft: ['ms-pairs/DFT-P03-01.hl7'],
  adt: [
    ...['A01', 'A02', 'A03', 'A04', 'A08', 'A28'].map((event) => `ms-pairs/ADT-${event}-01.hl7`),
    'google-pairs/adt_a01_ex1.hl7',
    'google-pairs/adt_a01_ex2.hl7',
  ],
  oru: [
    'ms-pairs/LAB-ORU-1.hl7',
    'google-pairs/oru_r01_ex1.hl7',
    'vendor-nist/nist__ORU_R01_2.5.1_SampleTestCase1.hl7',
  ],
  vxu: ['ms-pairs/VXU-V04-01.hl7'],
  rde: ['ms-pairs/RDE-O11-01.hl7'],
  orm: [
    'ms-pairs/ORM-O01-01.hl7',
    'ms-pairs/ORM-O01-02.hl7',
    'ms-pairs/OML-O21-01.hl7',
    'google-pairs/orm_o01_ex1.hl7',
    'reportstream-HL7_to_FHIR/sample_orm_20230809-001.hl7',
  ],
};

(SAMPLES === undefined ? test.skip : test).each(Object.keys(REAL))(
  'the shipped map of %s takes all of real messages, or names what it leaves (skipped without WAYBILL_SAMPLES)',
  async (type) => {
    const text = readFileSync(shippedLineages().get(`${type}-to-fhir`) ?? '', 'utf8');
    const parsed = parseLineage(text, shippedLibraries());
    if (!parsed.ok) throw new Error('the shipped map was refused');
    const meter = new LossMeter(parsed.value);
    for (const name of REAL[type] ?? []) {
      await meter.add(name, name, item(readFileSync(join(SAMPLES ?? '', 'hl7v2', name))));
    }
    const { lost, overwritten } = meter.report();
    expect(lost.map(({ path }) => path)).toEqual([]);
    expect(overwritten.map(({ target }) => target)).toEqual([]);
  },
);
