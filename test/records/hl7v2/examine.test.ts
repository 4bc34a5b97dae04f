import { describe, expect, test } from '@jest/globals';
import { examine } from '../../../records/examine.ts';
import { messageFacts } from '../../../records/hl7v2/facts.ts';
import { all, item } from '../item.ts';

const MSH = (id: string, type = 'ORU^R01') => `MSH|^~\\&|LAB|A|||20250102030405-0500||${type}|${id}|P|2.5.1|7`;
const PID = 'PID|1||000123^^^A^MR||Doe^Jane';
const OBX = 'OBX|1|NM|1^x^LN||5|mg|||||F';
const ORU = (id: string) => [MSH(id), PID, 'OBR|1|||1^x^LN', OBX];

async function codes(...segments: readonly string[]): Promise<readonly string[]> {
  const { problems } = await examine('hl7v2', 'a.hl7', item(segments.join('\r')));
  return problems.map((problem) => `${problem.category} ${problem.code} ${problem.position}`);
}

describe('examining HL7 v2', () => {
  test('counts messages and populated fields', async () => {
    const { shape, problems, mediaType } = await examine('hl7v2', 'a', item([...ORU('1'), ...ORU('2')].join('\r')));
    expect(problems).toEqual([]);
    expect(mediaType).toBe('x-application/hl7-v2+er7');
    // MSH 8, PID 3, OBR 2, OBX 6 in each message.
    expect(shape).toEqual({ records: 2, fields: 38 });
  });

  test('is unreadable without MSH', async () => {
    expect(await codes('PID|1||7')).toEqual(['unreadable NO_MESSAGE byte 0']);
    expect(await codes('MSH|||||', ...ORU('1'))).toEqual(['unreadable DELIMITERS_INVALID message 1 MSH-2']);
  });

  test('names what a message of its type lacks', async () => {
    expect(await codes(MSH('1'))).toEqual([
      'schema-invalid SEGMENT_MISSING message 1 PID',
      'schema-invalid SEGMENT_MISSING message 1 OBR',
      'schema-invalid SEGMENT_MISSING message 1 OBX',
    ]);
    expect(await codes(MSH('1', 'MDM^T02'), 'EVN|', PID, 'PV1|', OBX)).toEqual([
      'schema-invalid SEGMENT_MISSING message 1 TXA',
    ]);
    expect(await codes(MSH('', ''))).toEqual([
      'schema-invalid MESSAGE_TYPE_MISSING message 1 MSH-9',
      'schema-invalid CONTROL_ID_MISSING message 1 MSH-10',
    ]);
    expect(await codes(...ORU('1'), MSH('2', 'ADT^A08'), 'EVN|', 'PID|1', 'PV1|')).toEqual([
      'schema-invalid PATIENT_ID_MISSING message 2 PID[1]-3',
    ]);
    expect(await codes(...ORU('1'), 'broken line')).toEqual(['schema-invalid SEGMENT_MALFORMED message 1 segment 5']);
  });

  test('says which values a sender has cut off, where it declares how it says so', async () => {
    const cut = [MSH('1', 'ADT^A24'), 'PID|1||7||Doe#^Jane|||#', 'NTE|1||a#b #'];
    expect(await codes(...cut)).toEqual([]);
    const declared = cut.map((segment) => segment.replace('^~\\&', '^~\\&#'));
    expect(await codes(...declared)).toEqual([
      'content-implausible VALUE_TRUNCATED message 1 PID[1]-5',
      'content-implausible VALUE_TRUNCATED message 1 PID[1]-8',
      'content-implausible VALUE_TRUNCATED message 1 NTE[1]-3',
    ]);
    expect(await codes(...declared.map((segment) => segment.replaceAll(/(?<!&)#/g, '\\P\\')))).toEqual([]);
  });

  test('holds batch and file counts against what is there', async () => {
    const batch = (count: string, batches: string) =>
      codes('FHS|^~\\&', 'BHS|^~\\&', ...ORU('1'), ...ORU('2'), `BTS|${count}`, `FTS|${batches}`);
    expect(await batch('2', '1')).toEqual([]);
    expect(await batch('', '')).toEqual([]);
    expect(await batch('3', '1')).toEqual(['sequence-gap COUNT_MISMATCH after message 2 BTS-1']);
    expect(await batch('2', '2')).toEqual(['sequence-gap COUNT_MISMATCH after message 2 FTS-1']);
    expect(await codes('BHS|^~\\&', ...ORU('1'))).toEqual(['sequence-gap BATCH_TRAILER_MISSING after message 1 BTS']);
  });

  const [FHS, BHS, M1, M2] = ['FHS|^~\\&', 'BHS|^~\\&', ORU('1'), ORU('2')];
  test.each([
    [
      'a count that is no number',
      [FHS, BHS, ...M1, 'BTS|1.0', 'FTS|0x1'],
      ['1 COUNT_UNREADABLE BTS-1', '1 COUNT_UNREADABLE FTS-1'],
    ],
    ['a count with zeros before it and a comment', [FHS, BHS, ...M1, 'BTS|001|all', 'FTS|1^x'], []],
    ['a batch without a header', [...M1, 'BTS|2'], ['1 BATCH_HEADER_MISSING BHS', '1 COUNT_MISMATCH BTS-1']],
    [
      'the second of two batches without a header',
      [BHS, ...M1, 'BTS|1', ...M2, 'BTS|1'],
      ['2 BATCH_HEADER_MISSING BHS'],
    ],
    [
      'the last batch without a trailer',
      [FHS, BHS, ...M1, 'BTS|1', BHS, ...M2, 'FTS|2'],
      ['2 BATCH_TRAILER_MISSING BTS'],
    ],
    ['the first batch without a trailer', [BHS, ...M1, BHS, ...M2, 'BTS|1'], ['1 BATCH_TRAILER_MISSING BTS']],
    ['a message between two batches', [BHS, 'BTS|0', ...M1, BHS, ...M2, 'BTS|1'], ['1 MESSAGE_OUTSIDE_BATCH BHS']],
    ['a message after the last batch', [FHS, BHS, ...M1, 'BTS|1', ...M2, 'FTS|1'], ['2 MESSAGE_OUTSIDE_BATCH BHS']],
    ['a message before the file', [...M1, FHS, BHS, ...M2, 'BTS|1', 'FTS|1'], ['1 MESSAGE_OUTSIDE_BATCH BHS']],
    ['a message after the file', [FHS, ...M1, 'FTS|1', ...M2], ['2 MESSAGE_OUTSIDE_BATCH BHS']],
    ['a file of messages without batches', [FHS, ...M1, ...M2, 'FTS|1'], []],
    ['the same, that counts no batch', [FHS, ...M1, ...M2, 'FTS|0'], []],
    ['the same, that counts messages', [FHS, ...M1, ...M2, 'FTS|2'], ['2 COUNT_MISMATCH FTS-1']],
    ['a file without a header', [BHS, ...M1, 'BTS|1', 'FTS|1'], ['1 FILE_HEADER_MISSING FHS']],
    ['a file without a trailer', [FHS, BHS, ...M1, 'BTS|1'], ['1 FILE_TRAILER_MISSING FTS']],
    ['files one after the other', [FHS, BHS, ...M1, 'BTS|1', 'FTS|1', FHS, BHS, ...M2, 'BTS|1', 'FTS|1'], []],
    [
      'a file within a file, with several batches',
      [FHS, BHS, ...M1, 'BTS|1', FHS, BHS, ...M2, 'BTS|1', BHS, 'BTS', 'FTS|2', 'FTS|1'],
      ['1 FILE_TRAILER_MISSING FTS', '2 FILE_HEADER_MISSING FHS', '2 COUNT_MISMATCH FTS-1'],
    ],
  ])('says of %s what it is and where', async (_, segments, told) => {
    const seen = (await codes(...segments)).map((each) =>
      each.replace(/^sequence-gap (\w+) after message (\d+)/, '$2 $1'),
    );
    expect(seen).toEqual(told);
  });

  test('says of a batch without messages that it is one', async () => {
    const { problems } = await examine('hl7v2', 'a', item([FHS, BHS, 'BTS|0', 'FTS|1'].join('\r')));
    expect(problems).toMatchObject([{ code: 'NO_MESSAGE', message: 'envelopes of a batch without any message' }]);
  });

  test('decodes documents in OBX-5', async () => {
    const note = [MSH('1', 'MDM^T02'), 'EVN|', PID, 'PV1|', 'TXA|1'];
    const document = (value: string) => codes(...note, `OBX|1|ED|1^x||${value}||||||F`);
    expect(await document('^application^pdf^Base64^JVBERi0=')).toEqual([]);
    expect(await document('^application^pdf^Base64^JVBERi0')).toEqual(['unreadable BASE64_INVALID message 1 OBX[1]-5']);
    expect(await document('^application^pdf^Base64^JV*ERi0=')).toEqual([
      'unreadable BASE64_INVALID message 1 OBX[1]-5',
    ]);
    expect(await document('^application^pdf^Base64')).toEqual(['schema-invalid DOCUMENT_MISSING message 1 OBX[1]-5']);
  });

  test('hands over the facts that checks across files need', async () => {
    const facts = await all(messageFacts(Buffer.from([...ORU('1'), MSH('2', 'ADT^A01')].join('\r'))));
    expect(facts).toEqual([
      {
        sender: 'LAB|A',
        controlId: '1',
        type: 'ORU^R01',
        patientKey: 'mrn:000123',
        dateTime: '2025-01-02T03:04:05-05:00',
        sequenceNumber: 7,
        position: 'message 1',
      },
      expect.objectContaining({ controlId: '2', type: 'ADT^A01', patientKey: null, position: 'message 2' }),
    ]);
  });
});
