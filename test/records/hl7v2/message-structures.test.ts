/** Segment grammars: what keeps them has no finding, and what does not is told once, where it is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { examine } from '../../../records/examine.ts';
import { Grammar } from '../../../records/hl7v2/grammar.ts';
import { item } from '../item.ts';
import { SAMPLES, sampleFiles } from '../../support/samples.ts';

const breaches = (grammar: string, ids: string) =>
  new Grammar(grammar).breachesOf(ids.split(' ')).map(({ kind, id, at }) => `${kind} ${id} ${at}`);

const OF_SEGMENTS = /^SEGMENT_(?:MISSING|MISPLACED|REPEATED|UNEXPECTED)$/;

async function saidOf(content: string | Buffer): Promise<readonly string[]> {
  const { problems } = await examine('hl7v2', 'a.hl7', item(content));
  return problems.filter(({ code }) => OF_SEGMENTS.test(code)).map(({ code, position }) => `${code} ${position}`);
}

const message = (type: string, release: string, ids: string) =>
  [`MSH|^~\\&|A|B|C|D|20250102||${type}|1|P|${release}`, ...ids.split(' ').map((id) => `${id}|1||7`)].join('\r');

describe('a segment grammar', () => {
  test('is kept by what it allows, however often', () => {
    const grammar = 'MSH ([PID {NTE}] ([ORC] OBR {OBX {NTE}})+)+ [DSC]';
    for (const ids of ['MSH OBR', 'MSH PID NTE NTE OBR OBX OBX NTE ORC OBR PID OBR DSC', 'MSH PID ORC OBR OBR OBX'])
      expect(breaches(grammar, ids)).toEqual([]);
  });

  test('tells what is missing at the segment that comes instead', () => {
    expect(breaches('MSH EVN PID [PD1] PV1', 'MSH PV1')).toEqual(['missing EVN 1', 'missing PID 1']);
    expect(breaches('MSH EVN PID PV1', 'MSH EVN')).toEqual(['missing PID 2', 'missing PV1 2']);
    expect(breaches('MSH (ORC <OBR|RXO>)+', 'MSH ORC OBR RXO')).toEqual(['missing ORC 3']);
    expect(breaches('MSH (ORC <OBR|RXO>)+', 'MSH ORC')).toEqual(['missing OBR 2']);
  });

  test('tells of a segment out of its place once, and not that it is missing where it belongs', () => {
    expect(breaches('MSH EVN PID PV1', 'MSH PV1 EVN PID')).toEqual(['misplaced PV1 1']);
    expect(breaches('MSH EVN PID PV1', 'MSH EVN PV1 PID PV1')).toEqual(['misplaced PV1 2']);
  });

  test('tells of what comes twice and of what belongs to another message', () => {
    expect(breaches('MSH EVN PID {NK1}', 'MSH EVN PID PID NK1 NK1')).toEqual(['repeated PID 3']);
    expect(breaches('MSH EVN PID', 'MSH EVN SCH PID')).toEqual(['foreign SCH 2']);
  });

  test('is walked once, however much of a message is out of its place', () => {
    const many = Array.from({ length: 100_000 }, (_, at) => (at % 2 === 0 ? 'PV2' : 'DG1'));
    const found = new Grammar('MSH PID PV1 [PV2] {DG1}').breachesOf(['MSH', 'PID', ...many, 'PV1']);
    expect(found).toHaveLength(many.length);
    expect(found.at(-1)).toEqual({ kind: 'misplaced', id: 'DG1', at: many.length + 1 });
  });

  test('with a bracket that nothing closes is refused', () => {
    expect(() => new Grammar('MSH [PID')).toThrow('a grammar ends without its ]');
    expect(() => new Grammar('MSH (PID) OBR')).toThrow('parentheses of a grammar are followed by +');
  });
});

describe('the structure of a message', () => {
  test.each([
    ['ADT^A01', 'EVN PID PD1 NK1 PV1 PV2 OBX AL1 DG1 PR1 GT1 IN1 IN2', 'EVN PID AL1', 'PV1 before AL1[1]'],
    ['ADT^A02', 'EVN PID PV1', 'EVN PID PV1 GT1', 'GT1[1]'],
    ['ADT^A03', 'EVN PID PV1 DG1', 'EVN PID DG1 PV1', 'DG1[1]'],
    ['ADT^A28', 'EVN PID PV1 AL1', 'PID PV1', 'EVN before PID[1]'],
    ['ADT^A40', 'EVN PID MRG PID MRG', 'EVN PID PV1', 'MRG before PV1[1]'],
    ['ORU^R01', 'PID PV1 ORC OBR NTE OBX NTE OBX OBR OBX SPM', 'PID PV1 PV1 OBR OBX', 'PV1[2]'],
    ['ORM^O01', 'PID PV1 ORC OBR NTE DG1 OBX ORC RXO RXR', 'PID ORC OBR OBR', 'ORC before OBR[2]'],
    ['OML^O21', 'PID ORC TQ1 OBR DG1 OBX SPM ORC OBR', 'PID OBR ORC', 'OBR[1]'],
    ['MDM^T02', 'EVN PID PV1 TXA OBX OBX', 'EVN PID PV1 TXA', 'OBX before the end'],
    ['SIU^S14', 'SCH NTE PID PV1 RGS AIS NTE AIG AIL AIP', 'SCH PID AIS', 'RGS before AIS[1]'],
    ['DFT^P03', 'EVN PID PV1 FT1 PR1 FT1 DG1 GT1 IN1', 'EVN PID FT1 PV1', 'PV1[1]'],
    ['VXU^V04', 'PID PD1 NK1 PV1 ORC RXA RXR OBX NTE', 'PID ORC OBX', 'RXA before OBX[1]'],
    ['RDE^O11', 'PID PV1 AL1 ORC RXO RXR RXE NTE RXR RXC OBX', 'PID ORC RXE ORC', 'RXR before ORC[2]'],
  ])('%s', async (type, sound, spoiled, place) => {
    expect(await saidOf(message(type, '2.5.1', sound))).toEqual([]);
    const said = await saidOf(message(type, '2.5.1', spoiled));
    expect(said.map((each) => each.replace(/^\w+ message 1 /, ''))).toContain(place);
  });

  test('leaves room for the segments of a site, and for releases it does not know', async () => {
    expect(await saidOf(message('ADT^A04', '2.4', 'ZAA EVN ZBB ZBB PID PV1 ZCC'))).toEqual([]);
    expect(await saidOf(message('ADT^A04', '2.8', 'PID'))).toEqual([]);
    expect(await saidOf(message('ADT^A04', '2.4', 'PID'))).toHaveLength(2);
  });
});

/** Every one is a defect of the sample: what it is, and how often. */
const DEFECTS: Readonly<Record<string, { readonly why: string; readonly findings: number }>> = {
  'ms-pairs/ADT01-23.hl7': { why: 'DG1 after GT1', findings: 1 },
  'ms-pairs/ORU-R01-01.hl7': {
    why: 'OBX of the patient and TXA, which are of 2.8, in a message of 2.5.1',
    findings: 3,
  },
  'reportstream-HL7_to_FHIR/sample_orm_20230809-001.hl7': { why: 'a second OBR under one ORC', findings: 1 },
  'vendor-nist/healthcare-it-systems__adt-example.hl7': {
    why: 'blanks between its segments, so that there is one',
    findings: 3,
  },
};
/** Pairs for single segments, whose messages were cut down to these: results without an order. */
const CUT_DOWN = 'reportstream-segment-pairs/';

(SAMPLES === undefined ? test.skip : test)('real messages keep their structure, but for known defects', async () => {
  const place = SAMPLES ?? '';
  const told: Record<string, number> = {};
  const files = (await sampleFiles(place)).filter((path) => path.startsWith('hl7v2/'));
  for (const path of files.filter((each) => /\.(?:hl7|txt)$/.test(each))) {
    const name = path.slice('hl7v2/'.length);
    const said = await saidOf(readFileSync(join(place, path)));
    if (said.length > 0 && !name.startsWith(CUT_DOWN)) told[name] = said.length;
  }
  expect(told).toEqual(Object.fromEntries(Object.entries(DEFECTS).map(([name, { findings }]) => [name, findings])));
});
