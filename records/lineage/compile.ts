/** Turns a lineage map into closures, once. */
import { ItemReading, type ItemChunks } from '../item-bytes.ts';
import { compileCompare } from './compare.ts';
import { compileCopyResource } from './copy-resource.ts';
import type { LineageMap } from './language.ts';
import type { Lineage, MappedRecord } from './lineage.ts';
import { compileCcda } from './map-ccda.ts';
import { compileFhirRecords } from './map-fhir.ts';
import { compileHl7 } from './map-hl7v2.ts';
import { compileRows } from './map-rows.ts';
import { compileOnce, typesOnce, united } from './once.ts';
import { expandShapes } from './shapes.ts';
import type { Tracer } from './trace.ts';

/** The map must come from parseLineage. A tracer is told of every value taken and written, at a price. */
export function compileLineage(given: LineageMap, tracer?: Tracer): Lineage {
  const { map } = expandShapes(given);
  return {
    name: map.name,
    format: map.format,
    target: map.target ?? 'fhir-r4',
    recordTypes: [...new Set(map.records?.map((record) => record.type))],
    hasVersions: map.asOf !== undefined || (map.records ?? []).some(({ asOf }) => asOf !== undefined),
    map: compileItems(map, tracer),
    compare: compileCompare(map),
  };
}

/** Maps what is in an item; the item's bytes are opened and closed elsewhere. */
type MapChunks = (path: string, chunks: ItemChunks) => AsyncIterable<MappedRecord>;

/** Reads a mapped item to its end, so that a digest may be taken on the way, and always lets go of it. */
function compileItems(map: LineageMap, tracer: Tracer | undefined): Lineage['map'] {
  const mapChunks = compileFormat(map, tracer);
  const once = compileOnce(map);
  const types = typesOnce(map);
  return async function* (path, bytes) {
    const reading = new ItemReading(bytes);
    try {
      if (once === undefined) yield* mapChunks(path, reading);
      else if (map.format === 'ccda') yield* united(mapChunks(path, reading), types);
      else yield* sifted(mapChunks(path, reading), once());
      await reading.drain();
    } finally {
      await reading.close();
    }
  };
}

async function* sifted(
  records: AsyncIterable<MappedRecord>,
  sieve: (record: MappedRecord) => MappedRecord | undefined,
): AsyncGenerator<MappedRecord> {
  for await (const record of records) {
    const kept = sieve(record);
    if (kept !== undefined) yield kept;
  }
}

function compileFormat(map: LineageMap, tracer: Tracer | undefined): MapChunks {
  switch (map.format) {
    case 'hl7v2':
      return compileHl7(map, tracer);
    case 'delimited':
      return compileRows(map, tracer);
    case 'ccda':
      return compileCcda(map, tracer);
    case 'fhir':
      return map.records === undefined ? compileCopyResource(map) : compileFhirRecords(map, tracer);
  }
  return map.format satisfies never;
}
