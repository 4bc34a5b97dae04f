/** C-CDA documents and delimited extracts against the library that reads their syntax alone. */
import { parse as csvParser } from 'csv-parse';
import { SaxesParser } from 'saxes';
import { XML_CODEC } from '../../records/ccda/codec.ts';
import { parseXml } from '../../records/ccda/tree.ts';
import { rewrite } from '../../records/codec.ts';
import { DELIMITED_CODEC } from '../../records/delimited/codec.ts';
import { readDelimited } from '../../records/delimited/read.ts';
import { ItemReading } from '../../records/item-bytes.ts';
import type { Figure } from '../figure.ts';
import { inTurn } from '../rounds.ts';
import { pieces, sameBytes, throughput } from './figures.ts';

const ENTRIES = 6_000;
const ROWS = 200_000;

export async function ccdaFigures(): Promise<readonly Figure[]> {
  const text = summary();
  const bytes = Buffer.from(text);
  const costs = await inTurn({
    saxes: () => void saxesAlone(bytes),
    tree: () => {
      if ('problem' in parseXml(bytes.toString())) throw new Error('the document was not read');
    },
    again: () => sameBytes(rewrite(XML_CODEC, 'summary', new ItemReading(pieces(bytes))), bytes),
  });
  const against = (goal?: string) => ({ peer: 'saxes alone', cost: costs.saxes, ...(goal !== undefined && { goal }) });
  return [
    throughput('C-CDA: parse to a tree with positions', bytes.length, costs.tree, against()),
    throughput('C-CDA: parse, write again', bytes.length, costs.again, against()),
  ];
}

function saxesAlone(bytes: Buffer): number {
  const parser = new SaxesParser({ xmlns: true });
  let elements = 0;
  parser.on('opentag', () => {
    elements++;
  });
  parser.on('text', () => {});
  parser.on('closetag', () => {});
  parser.write(bytes.toString()).close();
  return elements;
}

function summary(): string {
  const entry = (at: number) => `<entry typeCode="DRIV"><act classCode="ACT" moodCode="EVN">
  <templateId root="2.16.840.1.113883.10.20.22.4.30" extension="2015-08-01"/><id root="1.2.3" extension="${at}"/>
  <code code="CONC" codeSystem="2.16.840.1.113883.5.6"/><statusCode code="active"/>
  <effectiveTime><low value="2026${String(1 + (at % 12)).padStart(2, '0')}01"/></effectiveTime>
  <text><reference value="#a${at}"/> Seen &amp; noted on visit ${at}</text></act></entry>\n`;
  const section = Array.from({ length: ENTRIES }, (_, at) => entry(at)).join('');
  const around = (text: string, ...names: readonly string[]) =>
    names.reduceRight((inner, name) => `<${name}>${inner}</${name}>`, text);
  const body = around(section, 'component', 'structuredBody', 'component', 'section');
  const head = '<?xml version="1.0" encoding="UTF-8"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3">';
  return `${head}${body}</ClinicalDocument>\n`;
}

export async function csvFigures(): Promise<readonly Figure[]> {
  const bytes = Buffer.from(extract());
  const costs = await inTurn({
    parser: () => csvParseAlone(bytes),
    rows: async () => {
      let rows = 0;
      for await (const read of readDelimited(new ItemReading(pieces(bytes)))) if (read.kind === 'row') rows++;
      if (rows !== ROWS) throw new Error(`${rows} rows were read`);
    },
    again: () => sameBytes(rewrite(DELIMITED_CODEC, 'extract', new ItemReading(pieces(bytes))), bytes),
  });
  const against = { peer: 'csv-parse alone', cost: costs.parser };
  return [
    throughput('CSV: rows and cells, checked', bytes.length, costs.rows, against),
    throughput('CSV: read, write again', bytes.length, costs.again, against),
  ];
}

async function csvParseAlone(bytes: Buffer): Promise<void> {
  const parser = csvParser({ relax_column_count: true });
  const fed = (async () => {
    for await (const piece of pieces(bytes)) if (!parser.write(piece)) await once(parser);
    parser.end();
  })();
  let rows = 0;
  for await (const _ of parser) rows++;
  await fed;
  if (rows !== ROWS + 1) throw new Error(`${rows} rows were parsed`);
}

function once(parser: ReturnType<typeof csvParser>): Promise<void> {
  return new Promise((resolve) => void parser.once('drain', resolve));
}

function extract(): string {
  const row = (at: number) => {
    const cells = [100_000 + at, '"Smith, Jr."', `Jo${at % 31}`, `19${50 + (at % 49)}-07-04`, 'F'];
    return [...cells, `${at % 400} Elm St`, '"said ""ow"""', `${at % 900}.5`, ''].join(',');
  };
  const rows = Array.from({ length: ROWS }, (_, at) => row(at));
  return ['MRN,LAST,FIRST,DOB,SEX,ADDRESS,NOTE,VALUE,EMPTY', ...rows, ''].join('\n');
}
