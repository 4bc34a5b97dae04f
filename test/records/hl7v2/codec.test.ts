import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HL7_CODEC } from '../../../records/hl7v2/codec.ts';
import { Continuations } from '../../../records/hl7v2/continuation.ts';
import { readDelimiters } from '../../../records/hl7v2/delimiters.ts';
import { escapeHl7 } from '../../../records/hl7v2/escape.ts';
import { Hl7Message, type FieldPath } from '../../../records/hl7v2/message.ts';
import { setValue } from '../../../records/hl7v2/write.ts';
import { rewritten } from '../rewritten.ts';

const MSH = 'MSH|^~\\&|LAB|A||B|20250102030405-0500||ORU^R01^ORU_R01|42|P|2.5.1';

function read(text: string | Buffer): Hl7Message {
  const message = Hl7Message.read(Buffer.from(text as Buffer));
  if (message === undefined) throw new Error('not a message');
  return message;
}

function set(message: Hl7Message, segment: number, path: FieldPath, value: string | null | undefined): Hl7Message {
  const changed = setValue(message, segment, path, value);
  if (changed instanceof Hl7Message) return changed;
  throw new Error(`refused: ${changed.code}`);
}

const end = fc.constantFrom('\r', '\n', '\r\n');
const cell = fc.string({ unit: fc.constantFrom('a', '7', '^', '~', '&', '\\', '"', ' ', '.', 'X', 'é', '漢', '😀') });
const segment = fc
  .tuple(fc.constantFrom('PID', 'OBX', 'ZXT', 'ADD', 'nte', ''), fc.array(cell, { maxLength: 6 }))
  .map(([id, fields]) => [id, ...fields].join('|'));
const lead = fc.constantFrom('', '\ufeff', '\v', '\r\n');
const batch = fc
  .tuple(
    lead,
    end,
    fc.array(fc.oneof(segment, fc.constantFrom(MSH, 'FHS|^~\\&', 'BHS|^~\\&', 'BTS|1', 'FTS|1')), { maxLength: 12 }),
  )
  .map(([before, stop, segments]) => before + [MSH, ...segments, ''].join(stop));

/** The same with other delimiters: any five that are neither letters, digits nor white space. */
const delimiters = fc.shuffledSubarray([...'|^~\\&#!$%*+;:@/'], { minLength: 5, maxLength: 5 });

describe('HL7 v2 written again', () => {
  test('is the stream whatever its delimiters are, and each value is the one that was meant', async () => {
    await fc.assert(
      fc.asyncProperty(delimiters, fc.array(cell, { maxLength: 5 }), end, async (given, values, stop) => {
        const [field = '', component, repetition, escape, subcomponent] = given;
        const header = `MSH${field}${component}${repetition}${escape}${subcomponent}`;
        const declared = readDelimiters(`${header}${field}`);
        if (declared === undefined) throw new Error('not read');
        const fields = values.map((value) => escapeHl7(value, declared));
        const text = [header, ['ZXT', ...fields].join(field), ''].join(stop);
        const { records, written } = await rewritten(HL7_CODEC, text);
        expect(written.toString()).toBe(text);
        const found = values.map((_, at) => records[0]?.record.value(1, { field: at + 1 }) ?? '');
        expect(found).toEqual(values.map((value) => (value === '""' ? '' : value)));
      }),
    );
  });

  test('is the stream byte for byte, in any charset and any chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        batch,
        fc.constantFrom('utf8', 'latin1'),
        fc.integer({ min: 1, max: 99 }),
        async (text, charset, chunkBytes) => {
          const bytes = Buffer.from(text, charset as BufferEncoding);
          const { tiled, written } = await rewritten(HL7_CODEC, bytes, chunkBytes);
          expect(tiled).toEqual(bytes);
          expect(written).toEqual(bytes);
        },
      ),
    );
  });

  test('has fields that tile every segment', () => {
    fc.assert(
      fc.property(batch, (text) => {
        const message = read(text);
        message.ids.forEach((id, at) => {
          const { start, end: stop } = message.segmentSpan(at);
          const fields = Array.from({ length: message.fieldCount(at) }, (_, index) => message.rawField(at, index + 1));
          const written = id === 'MSH' ? fields.slice(1) : fields;
          const head = /^[^|]*/.exec(message.text.slice(start, stop))?.[0] ?? '';
          expect([head, ...written].join('|')).toBe(message.text.slice(start, stop));
        });
      }),
    );
  });
});

describe('one value set', () => {
  const path = fc.record({
    field: fc.integer({ min: 1, max: 8 }),
    repetition: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    component: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    subcomponent: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  });
  const value = fc.oneof(fc.constantFrom(null, undefined, '""', 'a\rb'), fc.string({ unit: 'binary' }), cell);

  test('is read back, and no byte outside its field differs', () => {
    fc.assert(
      fc.property(batch, fc.nat(), path, value, (text, pick, where, wanted) => {
        const message = read(text);
        const at = pick % message.ids.length;
        fc.pre(!(message.ids[at] === 'MSH' && (where.field <= 2 || where.field === 18)) && message.ids[at] !== '');
        fc.pre(typeof wanted !== 'string' || wanted.isWellFormed());
        const changed = set(message, at, where, wanted);
        const expected = wanted === '' ? undefined : wanted;
        if (where.component !== undefined || where.subcomponent === undefined) {
          expect(changed.value(at, where)).toBe(expected);
        }
        const span = message.fieldSpan(at, where.field) ?? {
          start: message.segmentSpan(at).end,
          end: message.segmentSpan(at).end,
        };
        const tail = message.text.slice(span.end);
        expect(changed.text.startsWith(message.text.slice(0, span.start))).toBe(true);
        expect(changed.text.endsWith(tail)).toBe(true);
        const tailBytes = Buffer.from(tail);
        expect(changed.bytes.subarray(changed.bytes.length - tailBytes.length)).toEqual(tailBytes);
        expect(changed.ids).toEqual(message.ids);
      }),
      { numRuns: 400 },
    );
  });

  test("tells HL7's null, two quotation marks and nothing apart", () => {
    const message = read(`${MSH}\rPID|1|x`);
    expect(set(message, 1, { field: 2 }, null).text).toBe(`${MSH}\rPID|1|""`);
    expect(set(message, 1, { field: 2 }, '""').value(1, { field: 2 })).toBe('""');
    expect(set(message, 1, { field: 2 }, undefined).text).toBe(`${MSH}\rPID|1|`);
    expect(set(message, 1, { field: 5, component: 2 }, 'y').text).toBe(`${MSH}\rPID|1|x|||^y`);
  });

  test('keeps to the charset of the message, and refuses what that cannot write', () => {
    const polish = read(Buffer.concat([Buffer.from(`${MSH}||||||8859/2\rPID|1||||`), Buffer.from([0xa3])]));
    const changed = set(polish, 1, { field: 6 }, 'Ą');
    expect(changed.bytes.subarray(-3)).toEqual(Buffer.from([0xa3, 0x7c, 0xa1]));
    expect(setValue(polish, 1, { field: 6 }, '漢')).toMatchObject({
      code: 'CHARACTER_NOT_WRITABLE',
      position: 'message PID[1]-6',
    });
    expect(setValue(polish, 0, { field: 2 }, '#')).toMatchObject({ code: 'DELIMITERS_FIXED' });
    const latin = set(read(`${MSH}||||||8859/1\rPID|1`), 1, { field: 2 }, 'é');
    expect(latin.bytes.at(-1)).toBe(0xe9);
  });
});

describe('continued messages', () => {
  test('are whole for reading, and stay split for writing', async () => {
    const first = `${MSH}\rOBX|1|TX|a||one |\rADD|two\rOBX|2|TX|b||three \rDSC|p1|F\r`;
    const second = `${MSH.replace('|42|', '|43|')}||p1\rADD|four|x\rNTE|1\r`;
    const { records, written } = await rewritten(HL7_CODEC, first + second);
    expect(written.toString()).toBe(first + second);
    const continuations = new Continuations();
    const wholes = records.map(({ record, position }) => continuations.push(record, position));
    expect(wholes[0]).toBeUndefined();
    expect(wholes[1]?.positions).toEqual(['message 1', 'message 2']);
    expect(wholes[1]?.message.text).toBe(`${MSH}\rOBX|1|TX|a||one |two\rOBX|2|TX|b||three four|x\rNTE|1`);
    expect(continuations.problems()).toEqual([]);
  });

  test('are missed where the rest never comes', () => {
    const continuations = new Continuations();
    expect(continuations.push(read(`${MSH}\rPID|1\rDSC|p1|F`), 'message 1')).toBeUndefined();
    expect(continuations.push(read(MSH), 'message 2')?.positions).toEqual(['message 2']);
    expect(continuations.problems()).toMatchObject([{ code: 'CONTINUATION_MISSING', position: 'message 1 DSC-1' }]);
  });
});
