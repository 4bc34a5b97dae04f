import { describe, expect, test } from '@jest/globals';
import { parseGroups, parseHl7Path } from '../../../records/lineage/path.ts';
import { compileGroups, Hl7Scope } from '../../../records/lineage/scope-hl7v2.ts';
import { openHl7Source } from '../../../records/lineage/source-hl7v2.ts';
import { Hl7Message } from '../../../records/hl7v2/message.ts';

const ORDERS = [
  'MSH|^~\\&|A|B|||20250101||ORU^R01|1|P|2.5.1',
  'PID|1||7',
  'OBX|1|ST|patient',
  'PV1|1|O|WARD',
  'ORC|RE|first',
  'OBX|1|ED|document',
  'OBR|1|A',
  'NTE|1||of the order',
  'OBX|1|ST|one|1|x||||||F|||||ann~bob',
  'OBX|2|ST|two|1|y',
  'NTE|1||of the result',
  'SPM|1|of A',
  'OBX|1|ST|specimen',
  'DG1|1||of A',
  'OBR|2|B',
  'OBX|1|ST|three|2|z',
];

function scopes(forEach: string, segments: readonly string[] = ORDERS): readonly Hl7Scope[] {
  const message = Hl7Message.read(Buffer.from(segments.join('\r')));
  if (message === undefined) throw new Error('no message');
  return compileGroups(forEach)(Hl7Scope.of(message, 'message 1'));
}

function values(forEach: string, path: string, segments?: readonly string[]): readonly (string | undefined)[] {
  const read = openHl7Source().value({ path });
  return scopes(forEach, segments).map((scope) => read(scope, () => undefined));
}

describe('groups of HL7 v2 segments', () => {
  test('a result belongs to the nearest owner before it: patient, document, order or specimen', () => {
    expect(values('PID/OBX', 'OBX-3')).toEqual(['patient']);
    expect(values('ORC/OBX', 'OBX-3')).toEqual(['document']);
    expect(values('OBR/OBX', 'OBX-3')).toEqual(['one', 'two', 'three']);
    expect(values('OBR/SPM/OBX', 'OBX-3')).toEqual(['specimen']);
  });

  test('what stands in one order is not looked up from another', () => {
    expect(values('OBR', 'SPM-2')).toEqual(['of A', undefined]);
    expect(values('OBR', 'DG1-3')).toEqual(['of A', undefined]);
    expect(values('OBR', 'ORC-2')).toEqual(['first', undefined]);
    expect(values('OBR/OBX', 'ORC-2')).toEqual(['first', 'first', undefined]);
    expect(values('OBR/OBX', 'PV1-3')).toEqual(['WARD', 'WARD', 'WARD']);
  });

  test('what was read around the results of one patient is not said of the next, nor of another message', () => {
    const two = ['MSH|^~\\&|A', 'PID|1||7', 'OBR|1|A', 'OBX|1|ST|a', 'OBX|2|ST|b', 'PID|2||8', 'OBR|1|B', 'OBX|1|ST|c'];
    const read = openHl7Source().value({ path: 'PID-3' });
    const said = (each: Hl7Scope) => read(each, () => undefined);
    expect(scopes('OBX', two).map(said)).toEqual(['7', '7', '8']);
    expect(scopes('OBR/OBX', two).map(said)).toEqual(['7', '7', '8']);
    expect(scopes('OBR/OBX', ['MSH|^~\\&|A', 'PID|1||9', 'OBR|1', 'OBX|1']).map(said)).toEqual(['9']);
  });

  test('a result knows neither what stands behind its order nor the notes of others', () => {
    expect(values('OBR/OBX', 'SPM-2')).toEqual([undefined, undefined, undefined]);
    expect(values('OBR/OBX', 'NTE-3')).toEqual([undefined, 'of the result', undefined]);
    expect(values('OBR/OBX/NTE', 'NTE-3')).toEqual(['of the result']);
  });

  test('the order as it was first written is found from the prescription, with what belongs to it', () => {
    const drugs = [
      'MSH|^~\\&|A',
      'PID|1',
      'ORC|NW|1',
      'TQ1|1|order',
      'RXO|a',
      'RXR|oral',
      'RXC|A|x',
      'RXE|b',
      'RXC|A|y',
    ];
    const two = [...drugs, 'ORC|NW|2', 'RXE|c', 'ORC|NW|3', 'RXO|d', 'RXR|nasal', 'RXE|e'];
    expect(values('RXE/RXO', 'RXO-1', two)).toEqual(['a', 'd']);
    expect(values('RXE/RXO', 'RXR-1', two)).toEqual(['oral', 'nasal']);
    expect(values('RXE/RXO', 'TQ1-2', two)).toEqual(['order', undefined]);
    expect(values('RXE/RXO/RXC', 'RXC-2', two)).toEqual(['x']);
    expect(values('RXE/RXC', 'RXC-2', two)).toEqual(['y']);
  });

  test('the route of the requested drug is not that of the dispensed one', () => {
    const drugs = ['MSH|^~\\&|A', 'PID|1', 'ORC|NW|1', 'TQ1|1|order', 'RXO|a', 'RXR|oral', 'RXE|b', 'TQ1|1|drug'];
    expect(values('RXE', 'RXR-1', drugs)).toEqual([undefined]);
    expect(values('RXE', 'RXR-1', [...drugs, 'RXR|vein'])).toEqual(['vein']);
    expect(values('RXE', 'TQ1-2', drugs)).toEqual(['drug']);
    expect(values('RXO', 'TQ1-2', drugs)).toEqual(['order']);
    expect(values('RXO', 'RXR-1', drugs)).toEqual(['oral']);
  });

  test('the repetitions of a field are a group of their own', () => {
    expect(values('OBR/OBX-16', 'OBX-16')).toEqual(['ann', 'bob']);
    expect(values('OBR/OBX-16', 'OBX-3')).toEqual(['one', 'one']);
    expect(values('PV1-3', 'PV1-3')).toEqual(['WARD']);
    expect(values('PV2-3', 'PV2-3')).toEqual([]);
  });

  test('a predicate says which of several segments is meant, and several that fit are a trouble', () => {
    expect(values('OBR', "OBX[3='two']-5")).toEqual(['y', undefined]);
    expect(values('OBR', "OBX[3='two'|'three']-5")).toEqual(['y', 'z']);
    expect(values('OBR/OBX', "OBX[3='two'][4]-5")).toEqual(['y', 'y', undefined]);
    const troubles: string[] = [];
    const read = openHl7Source().value({ path: 'OBX[4]-5' });
    for (const scope of scopes('OBR/OBX')) read(scope, (_category, code) => troubles.push(code));
    expect(troubles).toEqual(['SEGMENT_REPEATED', 'SEGMENT_REPEATED']);
  });

  test.each(['OBX[]-5', "OBX[x='1']-5", "OBX[3='1'-5", "OBX['1']-5", 'OBX[3=1]-5', "OBX[3='1']"])(
    '%s is no path',
    (text) => {
      expect(parseHl7Path(text)).toBeUndefined();
    },
  );

  test.each(['OBX-0', 'OBR/', '/OBR', 'OBR-1/OBX', 'obr'])('%s is no group', (text) => {
    expect(parseGroups(text)).toBeUndefined();
  });
});
