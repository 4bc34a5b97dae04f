import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DatasetProfiler, PROFILED_FORMATS, type ProfiledFormat } from '../../../records/profile/profiler.ts';
import { maskOf } from '../../../records/profile/scan.ts';

/** Tokens that stand in no name, code or shape of ours. */
const canary = fc
  .tuple(fc.constantFrom('Qx', 'ZQ', 'qz', '93', '7041'), fc.stringMatching(/^[A-Za-z0-9]{6,12}$/))
  .map(([stem, rest]) => `${stem}${rest}vq8`);

const ITEMS: Readonly<Record<ProfiledFormat, (tokens: readonly string[]) => string>> = {
  delimited: ([a, b, c, d]) => `ID,LAST_NAME,CODE_SYSTEM,DOB\n${a},${b},${c},${d}\n${a},"${b}\u0007",${c},1900-01-01\n`,
  hl7v2: ([a, b, c, d]) =>
    `MSH|^~\\&|${a}|||||20200101||ADT^A01|${b}|P|2.5\r` +
    `PID|1||${c}^^^${d}||${a}^${b}||${d}\rOBX|1|CE|1^${a}^${b}||${c}^${d}^${a}\r`,
  fhir: ([a, b, c, d]) =>
    JSON.stringify({
      resourceType: 'Patient',
      id: a,
      [`${b} ${c}`]: d,
      name: [{ family: a, given: [b] }],
      extension: [{ url: `http://x.org/?${c}`, valueString: d }],
      maritalStatus: {
        coding: [
          { system: a, code: b },
          { system: `http://x.org/${c}`, code: d },
        ],
      },
    }),
  ccda: ([a, b, c, d]) =>
    `<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="${a}" extension="${b}"/>` +
    `<component><section><code code="${c}" codeSystem="${d}"/>` +
    `<text>${a}</text><entry><act>` +
    `<code code="${b}" codeSystem="${c}" displayName="${d}"/></act></entry></section>` +
    `</component></ClinicalDocument>`,
};

describe('a profile', () => {
  test('never holds a value, nor does what is kept to go on from', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...PROFILED_FORMATS),
        fc.array(canary, { minLength: 4, maxLength: 4 }),
        async (format, tokens) => {
          const profiler = new DatasetProfiler({ format, today: new Date('2026-11-25') });
          await profiler.add(`${tokens[0]}.dat`, Buffer.from(ITEMS[format](tokens)));
          const told = JSON.stringify(await profiler.profile()) + profiler.toJson();
          for (const token of tokens) expect(told.includes(token)).toBe(false);
          expect(told.length).toBeGreaterThan(100);
        },
      ),
    );
  });

  test('masks keep the length, the marks and nothing else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const mask = maskOf(text);
        expect(mask).toHaveLength(text.length);
        for (let at = 0; at < text.length; at++) {
          const [written, shown] = [text[at] ?? '', mask[at] ?? ''];
          if (/[A-Z]/.test(written)) expect(shown).toBe('A');
          else if (/[a-z]/.test(written)) expect(shown).toBe('a');
          else if (/\d/.test(written)) expect(shown).toBe('9');
          else expect(shown === '*' || shown === written).toBe(true);
        }
      }),
    );
    expect(maskOf('Müller-Lüdenscheidt, 12/31/1999')).toBe('A*aaaa-A*aaaaaaaaaa, 99/99/9999');
  });
});
