import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Link } from '../../../records/hidden/hidden.ts';
import { SEGMENT_KEPT_BYTES } from '../../../records/hidden/segments.ts';
import { see } from './seen.ts';

const msh = (type: string, controlId = 'C1', acks = '|') =>
  `MSH|^~\\&|LAB|ST|EHR|ST|20260101||${type}|${controlId}|P|2.5.1||${acks}`;
const item = (...segments: readonly string[]) => `${segments.join('\r')}\r`;
const keysOf = (links: readonly Link[], kind: string, side: string) =>
  links.filter((each) => each.kind === kind && each.side === side).map(({ key }) => key);

test('documents in OBX-5 are counted: held, pointed at, and promised but absent', async () => {
  const { counts, paths, noted } = await see(
    'hl7v2',
    item(
      msh('ORU^R01'),
      'OBR|1|P1|F1',
      'OBX|1|ED|1^doc||LAB^Application^PDF^Base64^JVBERi0xLjQ=~LAB^Application^PDF^Base64^AAAA',
      'OBX|2|ED|1^doc||LAB^Application^PDF^Base64^',
      'OBX|3|RP|1^doc||scans/a1.tif^PACS^Image^TIFF',
      'OBX|4|RP|1^doc||https://pacs.invalid/1^PACS^Image^DICOM',
      'OBX|5|TX|1^doc||ED',
    ),
  );
  expect(counts).toEqual({
    attachment: 2,
    'attachment-without-data': 1,
    'attachment-pointer': 2,
    'imaging-reference': 1,
    result: 1,
  });
  expect(paths).toEqual(['scans/a1.tif']);
  expect(noted).toEqual([{ code: 'ATTACHMENT_WITHOUT_DATA', position: 'message 1 OBX(2)-5' }]);
});

test('a note, its edit and its addendum are told apart, and each names the one it belongs to', async () => {
  const first = await see('hl7v2', item(msh('MDM^T02'), 'TXA|1|CN|TX|||||||||D1^EHR'));
  const edit = await see('hl7v2', item(msh('MDM^T08'), 'TXA|1|CN|TX|||||||||D2^EHR|D1^EHR'));
  const addendum = await see('hl7v2', item(msh('MDM^T06'), 'TXA|1|CN|TX|||||||||D3^EHR|D1^EHR'));
  expect([first.counts, edit.counts, addendum.counts]).toEqual([{}, { 'note-version': 1 }, { addendum: 1 }]);
  const [held] = keysOf(first.links, 'note', 'holds');
  expect(keysOf(edit.links, 'note', 'needs')).toEqual([held]);
  expect(keysOf(addendum.links, 'note', 'needs')).toEqual([held]);
});

test('an order and its result, a message and its answer meet by their numbers, which are not kept', async () => {
  const order = await see('hl7v2', item(msh('ORM^O01', 'C7', 'AL|AL'), 'ORC|NW|PLACER-9^EHR', 'OBR|1|PLACER-9^EHR'));
  const result = await see('hl7v2', item(msh('ORU^R01'), 'OBR|1|PLACER-9^EHR|F2'));
  const answer = await see('hl7v2', item(msh('ACK'), 'MSA|AA|C7'));
  expect(order.counts).toEqual({ order: 1, 'message-awaiting-answer': 1 });
  expect(keysOf(order.links, 'order', 'needs')).toEqual(keysOf(result.links, 'order', 'holds'));
  expect(keysOf(order.links, 'answer', 'needs')).toEqual(keysOf(answer.links, 'answer', 'holds'));
  expect(JSON.stringify([order, result, answer])).not.toMatch(/PLACER|C7/);
});

test('an answer that refuses is noted', async () => {
  const { noted } = await see('hl7v2', item(msh('ACK'), 'MSA|AR|C7'));
  expect(noted).toEqual([{ code: 'MESSAGE_REFUSED', position: 'message 1 MSA-1' }]);
});

test('delimiters are those the message declares', async () => {
  const { counts } = await see('hl7v2', 'MSH$*~\\&$LAB$$$$$$ORU*R01$C1$P$2.5\nOBX$1$ED$1$$A*B*PDF*Base64*AAAA\n');
  expect(counts).toEqual({ attachment: 1 });
});

test('a document longer than what is kept of a segment is still one document', async () => {
  const data = 'A'.repeat(SEGMENT_KEPT_BYTES * 2);
  const { counts } = await see(
    'hl7v2',
    item(msh('ORU^R01'), `OBX|1|ED|1||LAB^A^PDF^Base64^${data}`, 'OBX|2|ED|1||LAB^A^PDF^Base64^AAAA'),
    1 << 16,
  );
  expect(counts).toEqual({ attachment: 2 });
});

test('however the bytes are cut and whatever ends a segment, the same is seen', async () => {
  const ends = fc.constantFrom('\r', '\n', '\r\n');
  const whole = (end: string) =>
    [msh('MDM^T06'), 'TXA|1|CN|TX|||||||||D3|D1', 'OBX|1|ED|1||L^A^PDF^Base64^AAAA'].join(end);
  const expected = await see('hl7v2', whole('\r'));
  await fc.assert(
    fc.asyncProperty(ends, fc.integer({ min: 1, max: 200 }), async (end, size) => {
      expect(await see('hl7v2', whole(end), size)).toEqual(expected);
    }),
  );
});

test('no bytes at all make it throw', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      await see('hl7v2', Buffer.concat([Buffer.from('MSH|^~\\&|'), bytes]));
    }),
  );
});
