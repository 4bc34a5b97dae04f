/** A message is read in the character set it declares, or it is said why not; its bytes stay as they are. */
import { describe, expect, test } from '@jest/globals';
import { examine } from '../../../records/examine.ts';
import { HL7_CODEC } from '../../../records/hl7v2/codec.ts';
import { Hl7Message } from '../../../records/hl7v2/message.ts';
import { setValue } from '../../../records/hl7v2/write.ts';
import { item, mapped, shipped } from '../item.ts';
import { rewritten } from '../rewritten.ts';

const MSH = 'MSH|^~\\&|LAB|A|||20250102030405-0500||ADT^A24|1|P|2.5.1||||||';
const UTF8 = Buffer.from('Müller');
const LATIN = Buffer.from('Müller', 'latin1');
const POLISH = Buffer.from([0xa3]);
const KANA = Buffer.from([0xd4]);
/** ISO 2022: kanji between two escape sequences; its bytes hold what would be delimiters in ASCII. */
const KANJI = Buffer.from('\x1b$B;3ED0|0^\x1b(B', 'latin1');
const PRINTED = Buffer.from('\x1b&k2S(s3B');

function message(declared: string, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${MSH}${declared}\rPID|1||42||`), name, Buffer.from('^X\r')]);
}
function read(bytes: Buffer): Hl7Message {
  const found = Hl7Message.read(bytes);
  if (found === undefined) throw new Error('not a message');
  return found;
}

describe('the character set of a message', () => {
  test.each([
    ['UNICODE UTF-8~8859/1', UTF8, 'Müller', ''],
    ['UNICODE UTF-8~8859/1', LATIN, 'Müller', 'CHARSET_MISMATCH'],
    ['8859/1~UNICODE UTF-8', LATIN, 'Müller', ''],
    ['8859/1~UNICODE UTF-8', UTF8, 'Müller', 'CHARSET_MISMATCH'],
    [' unicode utf-8 ', UTF8, 'Müller', ''],
    ['ISO-8859-1', LATIN, 'Müller', ''],
    ['8859/2', POLISH, 'Ł', ''],
    ['', UTF8, 'Müller', ''],
    ['', LATIN, 'Müller', 'CHARSET_UNDECLARED'],
    ['~UNICODE UTF-8', UTF8, 'Müller', 'CHARSET_MISMATCH'],
    ['ASCII', LATIN, 'Müller', 'CHARSET_MISMATCH'],
    ['ISO IR6', UTF8, 'Müller', 'CHARSET_MISMATCH'],
    ['8859/99', LATIN, 'Müller', 'CHARSET_UNKNOWN'],
    ['8859/99', UTF8, 'Müller', 'CHARSET_UNKNOWN'],
    ['UNICODE UTF-16', UTF8, 'Müller', 'CHARSET_UNKNOWN'],
    ['8859/99', Buffer.from('Mueller'), 'Mueller', ''],
    ['ISO IR14~ISO IR87', KANA, '\uff94', ''],
    ['ISO IR14~ISO IR87', KANJI, '山田淫緯', ''],
    ['~ISO IR87', KANJI, '山田淫緯', ''],
    ['ISO IR87', KANJI, '山田淫緯', ''],
    ['~ISO IR87', Buffer.concat([KANJI, LATIN]), undefined, 'CHARSET_MISMATCH'],
    ['', KANJI, undefined, 'CHARSET_SWITCHED'],
    ['UNICODE UTF-8', KANJI, undefined, 'CHARSET_SWITCHED'],
    ['8859/1', Buffer.concat([KANJI, LATIN]), undefined, 'CHARSET_SWITCHED'],
    ['~ISO IR149', Buffer.from('\x1b$)C\x0e1h\x0f', 'latin1'), undefined, 'CHARSET_SWITCHED'],
    ['8859/1', PRINTED, '\x1b&k2S(s3B', ''],
  ])('declared as %j is kept to, or it is said that it is not (%#)', async (declared, name, text, code) => {
    const bytes = message(declared, name);
    if (text !== undefined) expect(read(bytes).word(1, 5)).toBe(text);
    const { problems } = await examine('hl7v2', 'a.hl7', item(bytes));
    const told = problems.map((problem) => `${problem.category} ${problem.code} ${problem.position}`);
    expect(told).toEqual(code === '' ? [] : [`schema-invalid ${code} message 1 MSH-18`]);
    const { tiled, written } = await rewritten(HL7_CODEC, bytes);
    expect([tiled, written]).toEqual([bytes, bytes]);
  });

  test('is also that of the bytes in an escape sequence; those of another set are told where they stand', async () => {
    expect(read(message('8859/2', Buffer.from('\\XA3\\'))).word(1, 5)).toBe('Ł');
    expect(read(message('', Buffer.from('\\XE9\\'))).word(1, 5)).toBe('é');
    for (const sequence of ['\\C2842\\', '\\M243B33\\']) {
      const { problems } = await examine('hl7v2', 'a.hl7', item(message('ASCII', Buffer.from(sequence))));
      expect(problems).toMatchObject([{ code: 'CHARSET_SWITCHED', position: 'message 1 PID[1]-5' }]);
    }
    const path = await examine('hl7v2', 'a.hl7', item(message('', Buffer.from('D:\\MAPS\\C1\\F\\x'))));
    expect(path.problems).toEqual([]);
  });

  test.each([
    ['', LATIN, 'Müller', []],
    ['UNICODE UTF-8', LATIN, undefined, ['CHARSET_MISMATCH']],
    ['8859/99', UTF8, undefined, ['CHARSET_UNKNOWN']],
    ['~ISO IR87', KANJI, '山田淫緯', []],
  ])(
    'declared as %j: a record is made of what was read, and none of what was not',
    async (declared, name, family, told) => {
      const adt = message(declared, name)
        .toString('latin1')
        .replace('ADT^A24', 'ADT^A08')
        .replace('\r', '\rEVN|A08|20250102\r');
      const records = await mapped(shipped('adt-to-fhir'), Buffer.from(`${adt}PV1|1|O\r`, 'latin1'));
      const names = records.filter(({ type, problems }) => type === 'Patient' && problems.length === 0);
      expect(JSON.stringify(names).includes(`"${family}"`)).toBe(family !== undefined);
      const codes = records.flatMap(({ problems }) => problems.map(({ code }) => code));
      expect(codes.filter((code) => code.startsWith('CHARSET'))).toEqual(told);
    },
  );

  test('is not left when a value is set', () => {
    const plain = read(message('ASCII', Buffer.from('Mueller')));
    expect(setValue(plain, 1, { field: 6 }, 'é')).toMatchObject({ code: 'CHARACTER_NOT_WRITABLE' });
    expect(setValue(plain, 1, { field: 6 }, 'e')).toBeInstanceOf(Hl7Message);
  });
});
