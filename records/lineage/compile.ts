/** Turns a lineage map into closures, once. */
import { compileCompare } from './compare.ts';
import { compileCopyResource } from './copy-resource.ts';
import type { LineageMap } from './language.ts';
import type { Lineage } from './lineage.ts';
import { compileHl7 } from './map-hl7v2.ts';
import { compileRows } from './map-rows.ts';

/** The map must come from parseLineage. */
export function compileLineage(map: LineageMap): Lineage {
  return {
    name: map.name,
    format: map.format,
    recordTypes: [...new Set(map.records?.map((record) => record.type))],
    map: compileItems(map),
    compare: compileCompare(map),
  };
}

function compileItems(map: LineageMap): Lineage['map'] {
  switch (map.format) {
    case 'hl7v2': {
      const items = compileHl7(map);
      return (_path, bytes) => items(bytes);
    }
    case 'delimited': {
      const items = compileRows(map);
      return (_path, bytes) => items(bytes);
    }
    case 'fhir':
      return compileCopyResource(map);
  }
  return map.format satisfies never;
}
