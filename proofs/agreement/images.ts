/** Which code of a source a published value may translate: by HL7's v2-to-FHIR tables, and by our own maps. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import type { LineageMap } from '../../records/lineage/language.ts';

/** One row of a table: a code of the source stands for it. */
export interface Image {
  readonly code: string;
  /** The table and the row, or the code map: `AdministrativeSex M`. */
  readonly row: string;
}

/** Columns of HL7's concept maps. */
const SOURCE_CODE = 0;
const SOURCE_TEXT = 1;
const TARGET_CODE = 6;
const TARGET_DISPLAY = 8;
const HEADER_ROWS = 2;

export class Images {
  readonly #images = new Map<string, Image[]>();

  constructor(samples: string, maps: readonly LineageMap[]) {
    const folder = join(samples, 'terminology/v2-to-fhir-conceptmaps');
    for (const file of existsSync(folder) ? readdirSync(folder) : []) {
      const table = /HL7 Concept Map_ (?<table>.+?) - /.exec(file)?.groups?.['table'];
      if (table !== undefined) this.#addTable(table, readFileSync(join(folder, file), 'utf8'));
    }
    for (const { name, codeMaps = {} } of maps) {
      for (const [table, codeMap] of Object.entries(codeMaps)) {
        if ('document' in codeMap) continue;
        for (const [code, to] of Object.entries(codeMap.codes)) {
          this.#add(`${name} ${table}`, code, [to.code, to.display]);
        }
      }
    }
  }

  of(value: string): readonly Image[] {
    return this.#images.get(value.toLowerCase()) ?? [];
  }

  #addTable(table: string, text: string): void {
    const rows: readonly (readonly string[])[] = parse(text, { relax_column_count: true, bom: true });
    for (const row of rows.slice(HEADER_ROWS)) {
      const code = row[SOURCE_CODE]?.trim() ?? '';
      if (code !== '') this.#add(table, code, [row[TARGET_CODE], row[TARGET_DISPLAY], row[SOURCE_TEXT]]);
    }
  }

  #add(table: string, code: string, targets: readonly (string | undefined)[]): void {
    for (const target of targets) {
      const key = target?.trim().toLowerCase() ?? '';
      if (key === '' || key.includes('{')) continue;
      const known = this.#images.get(key) ?? [];
      this.#images.set(key, known);
      if (!known.some((each) => each.code === code)) known.push({ code, row: `${table} ${code}` });
    }
  }
}
