/** Turns a lineage map into closures, once. */
import { ItemReading, type ItemChunks } from '../item-bytes.ts';
import { compileCompare } from './compare.ts';
import { compileCopyResource } from './copy-resource.ts';
import type { LineageMap } from './language.ts';
import type { Lineage, MappedRecord } from './lineage.ts';
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

/** Maps what is in an item; the item's bytes are opened and closed elsewhere. */
type MapChunks = (path: string, chunks: ItemChunks) => AsyncIterable<MappedRecord>;

/** Reads a mapped item to its end, so that a digest may be taken on the way, and always lets go of it. */
function compileItems(map: LineageMap): Lineage['map'] {
  const mapChunks = compileFormat(map);
  return async function* (path, bytes) {
    const reading = new ItemReading(bytes);
    try {
      yield* mapChunks(path, reading);
      await reading.drain();
    } finally {
      await reading.close();
    }
  };
}

function compileFormat(map: LineageMap): MapChunks {
  switch (map.format) {
    case 'hl7v2':
      return compileHl7(map);
    case 'delimited':
      return compileRows(map);
    case 'fhir':
      return compileCopyResource(map);
  }
  return map.format satisfies never;
}
