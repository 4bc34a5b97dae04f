import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { XML_CODEC, type XmlDocument } from '../../../records/ccda/codec.ts';
import type { XmlElement } from '../../../records/ccda/tree.ts';
import { replaceAttribute, replaceText } from '../../../records/ccda/write.ts';
import { rewritten } from '../rewritten.ts';

const text = fc.string({ unit: fc.constantFrom('a', ' ', '\n', '\r\n', '\t', 'é', '漢', '😀', '&amp;', '&#65;', "'") });
const markup = fc.constantFrom('<!-- a < b -->', '<?x y?>', '<![CDATA[<&]]>', '<br/>', '<i  a = "1" />');
const { element } = fc.letrec<{ element: string }>((tie) => ({
  element: fc
    .tuple(
      fc.constantFrom('text', 'd:item', 'observation'),
      fc.constantFrom('', ' code="x"', "\n\tcode='&lt;'", ' e:kind="y" code=""', ' xmlns:z="urn:z" z:a="1"'),
      fc.array(fc.oneof({ maxDepth: 3 }, text, markup, tie('element')), { maxLength: 4 }),
    )
    .map(([name, attributes, content]) => `<${name}${attributes}>${content.join('')}</${name}>`),
}));
const document = element.map(
  (each) =>
    `<?xml version="1.0"?>\r\n<!-- made up --><ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:d="urn:hl7-org:v3" ` +
    `xmlns:e="urn:hl7-org:sdtc">${each}</ClinicalDocument>\n`,
);
const CHARSETS: readonly BufferEncoding[] = ['utf8', 'utf16le'];

async function read(written: string | Buffer): Promise<XmlDocument> {
  const { records } = await rewritten(XML_CODEC, written);
  if (records[0] === undefined) throw new Error('not read');
  return records[0].record;
}

function every(from: XmlElement): readonly XmlElement[] {
  return [from, ...from.children.flatMap(every)];
}

describe('XML written again', () => {
  test('is the document byte for byte, in any charset and any chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        document,
        fc.constantFrom(...CHARSETS),
        fc.integer({ min: 1, max: 99 }),
        async (xml, charset, chunkBytes) => {
          const bytes = Buffer.from(`\ufeff${xml}`, charset);
          const { records, tiled, written } = await rewritten(XML_CODEC, bytes, chunkBytes);
          expect(records).toHaveLength(1);
          expect(tiled).toEqual(bytes);
          expect(written).toEqual(bytes);
        },
      ),
    );
  });

  test('is the item where it cannot be read, and says where', async () => {
    const { problems, written } = await rewritten(XML_CODEC, '<a>\n<b></a>');
    expect(written.toString()).toBe('<a>\n<b></a>');
    expect(problems).toMatchObject([{ code: 'NOT_WELL_FORMED', position: 'line 2 column 8' }]);
  });

  test('has elements that lie inside their parents, one after the other', async () => {
    await fc.assert(
      fc.asyncProperty(document, async (xml) => {
        for (const each of every((await read(xml)).root)) {
          let from = each.start;
          for (const child of each.children) {
            expect(child.start).toBeGreaterThan(from - 1);
            from = child.end;
          }
          expect(from).toBeLessThanOrEqual(each.end);
        }
      }),
    );
  });
});

describe('one value of a document replaced', () => {
  const value = fc.string({ unit: fc.constantFrom('a', '&', '<', '>', '"', "'", '\n', '\r', '\t', ']]>', 'é', '😀') });

  test('is read back, and no byte outside it differs', async () => {
    await fc.assert(
      fc.asyncProperty(document, value, fc.nat(), async (xml, wanted, pick) => {
        const before = await read(xml);
        const elements = every(before.root);
        const at = pick % elements.length;
        const chosen = elements[at] ?? before.root;
        const name = Object.keys(chosen.attributes)[0];
        const changed =
          name === undefined ? replaceText(before, chosen, wanted) : replaceAttribute(before, chosen, name, wanted);
        if ('code' in changed) {
          expect(changed.code).toBe('HAS_CHILDREN');
          return;
        }
        const after = every(changed.root)[at];
        expect(name === undefined ? after?.text : after?.attributes[name]).toBe(wanted);
        expect(changed.text.slice(0, chosen.start)).toBe(before.text.slice(0, chosen.start));
        expect(changed.text.endsWith(before.text.slice(chosen.end))).toBe(true);
        const tail = Buffer.from(before.text.slice(chosen.end));
        const bytes = XML_CODEC.write(changed);
        expect(bytes.subarray(bytes.length - tail.length)).toEqual(tail);
      }),
      { numRuns: 200 },
    );
  });

  test('is written with references where the charset has no bytes for it', async () => {
    const latin = await read(Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a b="\u00e9"/>', 'latin1'));
    const changed = replaceAttribute(latin, latin.root, 'b', '漢é');
    if ('code' in changed) throw new Error(changed.code);
    expect(XML_CODEC.write(changed).toString('latin1')).toContain('<a b="&#28450;\u00e9"/>');
    expect(replaceText(latin, latin.root, '\0')).toMatchObject({ code: 'CHARACTER_NOT_WRITABLE' });
    expect(replaceAttribute(latin, latin.root, 'c', 'x')).toMatchObject({
      code: 'ATTRIBUTE_MISSING',
      position: 'line 1 /a',
    });
  });
});
