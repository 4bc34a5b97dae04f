/**
 * Writes records/ucum/ucum.v1.json: the unit atoms and prefixes of UCUM with the dimension of each.
 *
 * Run it with `tsx proofs/ucum-table.ts FILE`, where FILE is data/ucumDefs.min.json of the npm package
 * @lhncbc/ucum-lhc, which the National Library of Medicine makes of ucum-essence.xml.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const PACKAGE = '@lhncbc/ucum-lhc 7.1.10';
const TARGET = resolve(import.meta.dirname, '../records/ucum/ucum.v1.json');
const NOTICE =
  'This product includes all or a portion of the UCUM table, UCUM codes, and UCUM definitions or is derived from it, ' +
  'subject to a license from Regenstrief Institute, Inc. and The UCUM Organization. Your use of the UCUM table, UCUM ' +
  'codes, UCUM definitions also is subject to this license, a copy of which is available at ' +
  'http://unitsofmeasure.org. The current complete UCUM table, UCUM Specification are available for ' +
  'download at http://unitsofmeasure.org. The ' +
  'UCUM table and UCUM codes are copyright 1995-2009, Regenstrief Institute, Inc. and the Unified Codes for Units of ' +
  'Measures (UCUM) Organization. All rights reserved.';

interface Packed {
  readonly config: readonly (string | readonly string[])[];
  readonly data: readonly (readonly unknown[])[];
}

const file = process.argv[2];
if (file === undefined) throw new Error('name the file with the UCUM definitions');
const bytes = readFileSync(file);
const { units, prefixes } = JSON.parse(bytes.toString('utf8')) as { units: Packed; prefixes: Packed };
const at = (packed: Packed, name: string) =>
  packed.config.findIndex((each) => (Array.isArray(each) ? each.includes(name) : each === name));

const [code, isMetric, isBase, dimension, isArbitrary] = [
  'csCode_',
  'isMetric_',
  'isBase_',
  'dim_',
  'isArbitrary_',
].map((name) => at(units, name));
const atoms: Record<string, string> = {};
for (const unit of units.data) {
  const name = String(unit[code ?? -1]);
  // Combined units are made of atoms; a digit stands in an atom only between brackets or as 10* and 10^.
  const isAtom = /^(?:10[*^]|%|[^\d./(){}\s]+)$/.test(name.replaceAll(/\[[^\]]*\]/g, 'x'));
  if (!isAtom) continue;
  const powers = unit[dimension ?? -1];
  const vector = Array.isArray(powers) ? powers.join(',') : '0,0,0,0,0,0,0';
  const kind = isSet(unit[isArbitrary ?? -1]) ? `${vector},${name}` : vector;
  atoms[name] = `${[isMetric, isBase].some((each) => isSet(unit[each ?? -1])) ? '*' : ''}${kind}`;
}
const sha256 = createHash('sha256').update(bytes).digest('hex');
const lines = [
  `"provenance": ${JSON.stringify({ package: PACKAGE, sha256, notice: NOTICE })}`,
  `"prefixes": ${JSON.stringify(prefixes.data.map(([prefix]) => prefix))}`,
  `"atoms": {\n${Object.entries(atoms)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, kind]) => `${JSON.stringify(name)}: ${JSON.stringify(kind)}`)
    .join(',\n')}\n}`,
];
writeFileSync(TARGET, `{\n${lines.join(',\n')}\n}\n`);

function isSet(value: unknown): boolean {
  return value === 1 || value === true;
}
