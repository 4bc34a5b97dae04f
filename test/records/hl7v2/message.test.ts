import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readDelimiters, STANDARD_DELIMITERS } from '../../../records/hl7v2/delimiters.ts';
import { Hl7Message } from '../../../records/hl7v2/message.ts';
import { Hl7Splitter } from '../../../records/hl7v2/split.ts';

const MSH = 'MSH|^~\\&|LAB|A||B|20250102030405-0500||ORU^R01^ORU_R01|42|P|2.5.1';

function read(...segments: readonly string[]): Hl7Message {
  const message = Hl7Message.read(Buffer.from(segments.join('\r')));
  if (message === undefined) throw new Error('not a message');
  return message;
}

describe('a message', () => {
  test('gives fields, components, subcomponents and repetitions by their HL7 numbers', () => {
    const message = read(MSH, 'PID|1||123^^^A&1.2&ISO^MR~456^^^B||Doe^Jane');
    const pid = message.find('PID');
    expect(message.type).toBe('ORU^R01');
    expect(message.controlId).toBe('42');
    expect(message.value(0, { field: 1 })).toBe('|');
    expect(message.value(0, { field: 2 })).toBe('^~\\&');
    expect(message.value(pid, { field: 3, component: 1 })).toBe('123');
    expect(message.value(pid, { field: 3, component: 4, subcomponent: 2 })).toBe('1.2');
    expect(message.value(pid, { field: 3, repetition: 2, component: 4 })).toBe('B');
    expect(message.repetitions(pid, 3)).toBe(2);
    expect(message.value(pid, { field: 5 })).toBe('Doe^Jane');
    expect(message.value(pid, { field: 4 })).toBeUndefined();
    expect(message.value(pid, { field: 99 })).toBeUndefined();
  });

  test("tells HL7's explicit null from an empty field", () => {
    const message = read(MSH, 'PID|1|""|^x');
    expect(message.value(1, { field: 2 })).toBeNull();
    expect(message.value(1, { field: 3, component: 1 })).toBeUndefined();
  });

  test('uses the delimiters it declares', () => {
    const message = read('MSH#*%!$#LAB#########', 'PID#1##12*3%45');
    expect(message.value(1, { field: 3, component: 2 })).toBe('3');
    expect(message.value(1, { field: 3, repetition: 2 })).toBe('45');
  });

  test('of any version has the delimiters it needs: none of them all, and since 2.7 one for what was cut off', () => {
    expect(readDelimiters('MSH|^~|')).toEqual(STANDARD_DELIMITERS);
    expect(readDelimiters('MSH|^~\\&#|')).toEqual({ ...STANDARD_DELIMITERS, truncation: '#' });
    expect(readDelimiters('MSH#^~\\&##')).toEqual({ ...STANDARD_DELIMITERS, field: '#' });
    expect(readDelimiters('MSH|^^\\&|')).toBeUndefined();
    expect(readDelimiters('MSH|^~\\&$!|')).toEqual({ ...STANDARD_DELIMITERS, truncation: '$' });
  });

  test('finds its segments from front to back, in whatever order they are asked for', () => {
    const ids = fc.array(fc.constantFrom('PID', 'OBX', 'ZXT', 'bad'), { maxLength: 12 });
    fc.assert(
      fc.property(ids, fc.array(fc.tuple(fc.nat(14), fc.nat(4)), { maxLength: 12 }), (found, asked) => {
        const lines = [MSH, ...found.map((id, at) => `${id}|${at}||x${at}`)];
        const [whole, message] = [read(...lines), read(...lines)];
        expect(whole.ids).toEqual(['MSH', ...found.map((id) => (id === 'bad' ? '' : id))]);
        for (const [segment, field] of asked) {
          const expected = lines[segment]?.split('|')[field] ?? '';
          if (segment > 0 && field > 0) expect(message.rawField(segment, field)).toBe(expected);
          expect(message.find('OBX', segment)).toBe(whole.ids.indexOf('OBX', segment));
        }
        expect(message.ids).toEqual(whole.ids);
      }),
    );
  });

  test.each(['\r', '\n', '\r\n'])('reads segments that end with %j', (end) => {
    const message = Hl7Message.read(Buffer.from([MSH, 'PID|1||7', 'ZXT|a|b', ''].join(end)));
    expect(message?.ids).toEqual(['MSH', 'PID', 'ZXT']);
    expect(message?.word(2, 2)).toBe('b');
  });

  test('keeps a line feed inside a field where segments end with carriage returns', () => {
    const message = read(MSH, 'NTE|1||first\nsecond', 'NTE|2||third');
    expect(message.ids).toEqual(['MSH', 'NTE', 'NTE']);
    expect(message.value(1, { field: 3 })).toBe('first\nsecond');
  });

  test('reads through a byte order mark and MLLP framing, and keeps the original bytes', () => {
    const bytes = Buffer.from(`\ufeff\v${MSH}\rPID|1||7\r\x1c\r`);
    const message = Hl7Message.read(bytes);
    expect(message?.ids).toEqual(['MSH', 'PID']);
    expect(message?.word(1, 3)).toBe('7');
    expect(message?.bytes).toBe(bytes);
  });

  test('is none where MSH is missing or declares no usable delimiters', () => {
    for (const text of ['', 'PID|1', 'MSH', 'MSHA^~\\&A', 'MSH|', 'MSH||||', '%PDF-1.4']) {
      expect(Hl7Message.read(Buffer.from(text))).toBeUndefined();
    }
  });
});

describe('the splitter', () => {
  const piece = fc.constantFrom(
    MSH,
    'PID|1',
    'FHS|^~\\&',
    'BHS|^~\\&',
    'BTS|1',
    'FTS|1',
    'FTS',
    'MSH',
    'x',
    '',
    '\v',
    '\x1c',
    'é',
  );
  const end = fc.constantFrom('\r', '\n', '\r\n', '');

  test('cuts any stream into pieces that together are the stream, whatever its chunks', () => {
    const stream = fc.array(fc.tuple(piece, end), { maxLength: 30 }).map((parts) => parts.flat().join(''));
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 40 }), (text, chunkBytes) => {
        const bytes = Buffer.from(text);
        const whole = [new Hl7Splitter()].flatMap((splitter) => [...splitter.push(bytes), ...splitter.end()]);
        const splitter = new Hl7Splitter();
        const units = [];
        for (let at = 0; at < bytes.length; at += chunkBytes)
          units.push(...splitter.push(bytes.subarray(at, at + chunkBytes)));
        units.push(...splitter.end());
        expect(Buffer.concat(units.map((unit) => unit.bytes))).toEqual(bytes);
        expect(units).toEqual(whole);
      }),
    );
  });

  test('gives every message of a batch, with its envelope apart', () => {
    const splitter = new Hl7Splitter();
    const text = ['FHS|^~\\&', 'BHS|^~\\&', MSH, 'PID|1', MSH, 'PID|2', 'BTS', 'FTS'].join('\r');
    const units = [...splitter.push(Buffer.from(text)), ...splitter.end()];
    expect(units.map((unit) => unit.kind)).toEqual(['FHS', 'BHS', 'MSH', 'MSH', 'BTS', 'FTS']);
  });
});
