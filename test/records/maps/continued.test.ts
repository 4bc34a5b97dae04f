/** What a sender has cut into parts to fit a line is mapped whole or not at all. */
import { describe, expect, test } from '@jest/globals';
import { codesOf, mapped, shipped } from '../item.ts';

const KANJI = '\x1b$B;3ED\x1b(B';
const message = ({
  msh = '',
  name = 'Doe^Jane',
  segments,
}: {
  msh?: string;
  name?: string;
  segments: string[];
}): Buffer => {
  const head = `MSH|^~\\&|LAB|A|||20250102030405-0500||ORU^R01^ORU_R01|1|P|2.5.1|${msh}`;
  const body = [
    `PID|1||000123^^^A^MR||${name}`,
    'OBR|1|P1|F1|1^x^LN|||20250102030405-0500||||||||||||||||||F',
    ...segments,
  ];
  return Buffer.from([head, ...body, ''].join('\r'), 'latin1');
};
const FIRST = 'OBX|1|TX|1^x^LN||first part and ';
const REST = 'ADD|the rest||||||F';

describe('a message in parts', () => {
  test('is mapped with the segments that continue a field', async () => {
    const records = await mapped(shipped('oru-to-fhir'), message({ segments: [FIRST, REST] }));
    expect(codesOf(records)).toEqual([]);
    expect(JSON.stringify(records)).toContain('first part and the rest');
  });

  test.each([
    ['goes on in another one', { segments: [FIRST, 'DSC|p1|F'] }, 'MESSAGE_CONTINUED'],
    ['goes on from another one', { msh: '|p1', segments: [REST] }, 'MESSAGE_CONTINUED'],
    [
      'cannot be put together in its charset',
      { msh: '|||||~ISO IR87', name: KANJI, segments: [FIRST, REST] },
      'SEGMENT_NOT_JOINED',
    ],
  ])('that %s is not mapped, and that is said', async (_, given, code) => {
    const records = await mapped(shipped('oru-to-fhir'), message(given));
    expect(codesOf(records)).toEqual([code]);
    expect(JSON.stringify(records)).not.toContain('first part');
  });

  test('that only has an empty pointer is whole', async () => {
    const records = await mapped(shipped('oru-to-fhir'), message({ segments: [`${FIRST}||||||F`, 'DSC|'] }));
    expect(codesOf(records)).toEqual([]);
  });
});
