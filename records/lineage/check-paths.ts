/** Whether a text is a source path of a format. */
import type { LineageMap } from './language.ts';
import { parseGroups, parseHl7Path } from './path.ts';
import { parseResourcePath } from './map-fhir.ts';
import { parseTreePath } from './tree-path.ts';

type Format = LineageMap['format'];

export interface PathRule {
  /** Whether values are found by it. */
  isSource(text: string): boolean;
  /** Whether records are made for what it leads to. */
  isGroup(text: string): boolean;
  /** Whether an `each` rule can go through it. */
  isEach(text: string): boolean;
  /** How such paths are written. */
  readonly source: string;
  readonly group: string;
  readonly each: string;
}

const NOWHERE = { isGroup: () => false, isEach: () => false };

export const PATH_RULES: Readonly<Record<Format, PathRule>> = {
  hl7v2: {
    isSource: (text) => parseHl7Path(text) !== undefined,
    isGroup: (text) => parseGroups(text) !== undefined,
    isEach(text) {
      const path = parseHl7Path(text);
      const isField = path !== undefined && path.repetition === undefined && path.component === undefined;
      return isField || /^[A-Z][A-Z0-9]{2}(?:\/[A-Z][A-Z0-9]{2})*$/.test(text);
    },
    source: "write SEG-field, SEG-field.component, SEG-field[1].component or SEG[3.1='code']-field",
    group: 'hl7v2: segment ids, as in OBR/OBX, or OBR/OBX-16',
    each: 'hl7v2: a segment id, ids as in PV1/PRT, or a field',
  },
  delimited: {
    ...NOWHERE,
    isSource: (text) => text.trim() !== '',
    source: 'write the name of a column',
    group: 'rows have no groups: remove it',
    each: 'rows have nothing to go through',
  },
  ccda: {
    isSource: (text) => parseTreePath(text, '/') !== undefined,
    isGroup: (text) => parseTreePath(text, '/') !== undefined,
    isEach: (text) => parseTreePath(text, '/') !== undefined,
    source: "write names and attributes, as in code/@code or id[@root='2.16']/@extension",
    group: "write a path of elements, as in //section[templateId/@root='...']/entry/act",
    each: 'write a path of elements',
  },
  fhir: {
    isSource: (text) => parseTreePath(text, '.') !== undefined,
    isGroup(text) {
      const { type, below } = parseResourcePath(text);
      return /^[A-Z][A-Za-z]+$/.test(type) && (below === undefined || parseTreePath(below, '.') !== undefined);
    },
    isEach: (text) => parseTreePath(text, '.') !== undefined,
    source: "write elements, as in name.family or identifier[system='...'].value",
    group: 'write a resource type, as in Patient or Patient.contact',
    each: 'write elements, as in name.given',
  },
};
