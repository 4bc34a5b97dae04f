/** Blocks and answers, whatever the other side makes of them. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { awaitedHere, heard, NOTHING_HEARD } from '../../../plugins/hl7-mllp/acknowledge.ts';
import { BlockReader, END, fitsInBlock, START } from '../../../plugins/hl7-mllp/frame.ts';
import { type AckCode, answerOf, type Header, headerOf, wholeMessageProblem } from '../../../plugins/sdk/hl7.ts';

const BYTES_MAX = 200;
const content = fc.uint8Array({ maxLength: BYTES_MAX }).filter(fitsInBlock);

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const places = [0, ...at.map((each) => each % (bytes.byteLength + 1)), bytes.byteLength].sort((a, b) => a - b);
  return places.slice(1).map((to, index) => bytes.subarray(places[index], to));
}

describe('blocks', () => {
  test('come out as they went in, however the network cuts them', () => {
    fc.assert(
      fc.property(fc.array(content, { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 20 }), (messages, cuts) => {
        const sent = Buffer.concat(messages.flatMap((each) => [START, each, END]));
        const reader = new BlockReader(BYTES_MAX);
        const got = cut(sent, cuts).flatMap((chunk) => reader.push(chunk));
        expect(got.map((each) => Buffer.from(each).toString('hex'))).toEqual(
          messages.map((each) => Buffer.from(each).toString('hex')),
        );
        expect(reader.isBetween).toBe(true);
      }),
    );
  });

  test.each([
    ['text before it', 'MSH|\x0bMSH|\x1c\r'],
    ['a line feed between two', '\x0bA\x1c\r\n\x0bB\x1c\r'],
    ['FS without CR', '\x0bMSH|\x1cX'],
    ['a second beginning', '\x0bMSH|\x0bMSH|\x1c\r'],
    ['too much', `\x0b${'A'.repeat(BYTES_MAX + 1)}`],
  ])('are refused with %s', (_, text) => {
    expect(() => new BlockReader(BYTES_MAX).push(Buffer.from(text, 'latin1'))).toThrow(
      expect.objectContaining({ code: 'STREAM_TRUNCATED' }),
    );
  });
});

function header(accept = '', application = ''): Header {
  const text = `MSH|^~\\&|WARD|SITE|LAB|SITE|20260101||ORU^R01|C1|P|2.5.1|||${accept}|${application}\rPID|1\r`;
  const read = headerOf(Buffer.from(text));
  if ('problem' in read) throw new Error(read.problem);
  return read;
}

describe('a message', () => {
  test.each([
    ['is no message', 'PID|1\r', 'begin with MSH'],
    ['has line feeds for ends', 'MSH|^~\\&|A|B|C|D|E||ORU|1|P|2.5\nPID|1\n', 'end with CR'],
    ['has no control id', 'MSH|^~\\&|A|B|C|D|E||ORU||P|2.5\r', 'MSH-10'],
    ['never ends its header', `MSH|^~\\&|${'A'.repeat(5000)}`, 'no end'],
  ])('that %s is not sent', (_, text, why) => {
    expect(headerOf(Buffer.from(text))).toMatchObject({ problem: expect.stringContaining(why) });
  });

  test('is one message, and no batch', () => {
    const one = 'MSH|^~\\&|A|B|C|D|E||ORU|1|P|2.5\rPID|1\r';
    expect(wholeMessageProblem(Buffer.from(one))).toBeUndefined();
    expect(wholeMessageProblem(Buffer.from(one + one))).toContain('MSH');
    expect(wholeMessageProblem(Buffer.from(`${one}BTS|1\r`))).toContain('BTS');
  });
});

describe('acknowledgements', () => {
  test.each([
    ['', '', { accept: false, application: true }],
    ['AL', 'AL', { accept: true, application: true }],
    ['AL', 'NE', { accept: true, application: false }],
    ['AL', 'ER', { accept: true, application: false }],
    ['NE', 'AL', { accept: false, application: true }],
    ['SU', '', { accept: true, application: false }],
    ['NE', 'NE', undefined],
    ['ER', 'ER', undefined],
    ['NE', '', undefined],
  ])('are awaited as MSH-15 %j and MSH-16 %j ask', (accept, application, awaited) => {
    expect(awaitedHere(header(accept, application), 'same-connection')).toEqual(awaited);
  });

  test('by the application are not awaited where they come by another way', () => {
    expect(awaitedHere(header('AL', 'AL'), 'elsewhere')).toEqual({ accept: true, application: false });
    expect(awaitedHere(header('NE', 'AL'), 'elsewhere')).toBeUndefined();
  });

  const said = (code: AckCode, controlId = 'C1') => ({ code, controlId, place: undefined, error: undefined });

  test.each(['AE', 'AR', 'CE', 'CR'] as const)('%s is a refusal in every mode', (code) => {
    for (const mode of [header(), header('AL', 'AL')]) {
      const awaited = { accept: true, application: true };
      expect(heard(NOTHING_HEARD, said(code), mode, awaited)).toMatchObject({ kind: 'refused' });
    }
  });

  test('of enhanced mode are two, and the first is not the end', () => {
    const both = { accept: true, application: true };
    const first = heard(NOTHING_HEARD, said('CA'), header('AL', 'AL'), both);
    expect(first).toEqual({ kind: 'waiting', accepted: true });
    expect(heard(first, said('AA'), header('AL', 'AL'), both)).toMatchObject({
      kind: 'accepted',
      level: 'application',
    });
    expect(() => heard(first, said('CA'), header('AL', 'AL'), both)).toThrow(
      expect.objectContaining({ code: 'OUTCOME_UNKNOWN' }),
    );
  });

  test('of another message, or in a mode nobody asked for, settle nothing', () => {
    const original = { accept: false, application: true };
    for (const answer of [said('AA', 'C2'), said('AA', 'c1'), said('CA')]) {
      expect(() => heard(NOTHING_HEARD, answer, header(), original)).toThrow(
        expect.objectContaining({ code: 'OUTCOME_UNKNOWN' }),
      );
    }
  });

  test('are read for their code and place, and never for their words', () => {
    const text = 'MSH|^~\\&|A|B|C|D|E||ACK|9|P|2.5\rMSA|AE|C1|Doe^Jane\rERR||PID^1^5|207^Doe|E|||Doe^Jane\r';
    expect(answerOf(Buffer.from(text))).toEqual({ code: 'AE', controlId: 'C1', place: 'PID^1^5', error: '207' });
    const telling = text.replace('PID^1^5', 'Doe^Jane').replace('207^Doe', 'Doe');
    expect(answerOf(Buffer.from(telling))).toEqual({ code: 'AE', controlId: 'C1', place: undefined, error: undefined });
    for (const none of ['MSA|AA|C1\r', text.replace('MSA|AE', 'MSA|OK'), text.replace('|C1|', '||')]) {
      expect(answerOf(Buffer.from(none))).toBeUndefined();
    }
  });
});
