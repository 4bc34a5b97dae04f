/** What reading an item promises. */
import { all, equal, failure, fails, holds, joined, concat, sameBytes } from './expect.ts';
import { put, putAll } from './listing.ts';
import { largeBytesOf } from './harness.ts';
import { CHUNK_MAX_BYTES } from './limits.ts';
import { patterned, requireBounded } from './memory.ts';
import { never } from './perform.ts';
import { HOSTILE_PATHS, LARGE, SAMPLES } from './samples.ts';
import { ofSource, type Scenario } from './scenario.ts';

const OFFSETS = [1, 1_234_567, LARGE[1].byteLength] as const;

const READS: readonly Scenario[] = ofSource(
  {
    name: 'read.whole',
    promise: 'every item reads back byte for byte, and reading changes nothing',
    run: async (stage) => {
      await putAll(stage);
      const { place } = stage;
      holds(place.snapshot !== undefined, 'the harness of a source needs `snapshot`');
      const before = await place.snapshot();
      const source = await stage.source();
      for (const [path, bytes] of SAMPLES) sameBytes(await joined(source.read(path, 0, never())), bytes, path);
      equal(await place.snapshot(), before, 'the place after reading');
    },
  },
  {
    name: 'read.from-offset',
    promise: 'a read begins at its offset',
    unless: ({ capabilities }) => (capabilities.resumeRead ? undefined : 'resumeRead is not declared'),
    run: async (stage) => {
      await putAll(stage);
      const source = await stage.source();
      for (const offset of OFFSETS) {
        sameBytes(await joined(source.read(LARGE[0], offset, never())), LARGE[1].subarray(offset), `from ${offset}`);
      }
    },
  },
  {
    name: 'read.together',
    promise: 'as many items as it declares are read at once without mixing, and a chunk keeps its bytes',
    run: async (stage) => {
      await putAll(stage);
      const source = await stage.source();
      const wanted = Array.from({ length: stage.connector.capabilities.concurrencyMax }, (_, at) => at);
      await Promise.all(
        wanted.map(async (at) => {
          const [path, bytes] = SAMPLES.at(-1 - (at % SAMPLES.length)) ?? LARGE;
          // Put together at the end: a connector that fills one buffer again and again shows itself.
          sameBytes(concat(await all(source.read(path, 0, never()))), bytes, path);
        }),
      );
    },
  },
  {
    name: 'read.in-chunks',
    promise: 'an item comes in chunks of at most 8 MiB, none of them empty, and passes in bounded memory',
    run: async (stage) => {
      const { connector, harness, place } = stage;
      const sizeBytes = largeBytesOf(connector, harness);
      if (place.pour === undefined) await put(stage, 'large.bin', await joined(patterned(sizeBytes)));
      else await place.pour('large.bin', patterned(sizeBytes));
      const source = await stage.source();
      let seenBytes = 0;
      await requireBounded(async (look) => {
        for await (const chunk of source.read('large.bin', 0, never())) {
          holds(chunk.byteLength > 0, 'an empty chunk');
          holds(chunk.byteLength <= CHUNK_MAX_BYTES, `a chunk of ${chunk.byteLength} bytes`);
          seenBytes += chunk.byteLength;
          await look(seenBytes);
        }
      });
      equal(seenBytes, sizeBytes, 'bytes read');
    },
  },
);

const REFUSES: readonly Scenario[] = ofSource(
  {
    name: 'read.missing',
    promise: 'a missing item fails with ITEM_NOT_FOUND',
    run: async ({ source }) => {
      const opened = await source();
      await fails('ITEM_NOT_FOUND', () => joined(opened.read('missing/item', 0, never())), 'read');
    },
  },
  {
    name: 'read.outside',
    promise: 'a path that leaves the root fails with PATH_REFUSED',
    run: async ({ source }) => {
      const opened = await source();
      for (const path of HOSTILE_PATHS) {
        await fails(
          'PATH_REFUSED',
          async () => joined(opened.read(path, 0, never())),
          JSON.stringify(path.slice(0, 20)),
        );
      }
    },
  },
  {
    name: 'read.stopped',
    promise: 'a read that is stopped stops, before it began and in the middle',
    run: async (stage) => {
      await putAll(stage);
      const source = await stage.source();
      await failure(() => joined(source.read(LARGE[0], 0, AbortSignal.abort())), 'stopped before it began');
      const stop = new AbortController();
      const reading = async (): Promise<void> => {
        for await (const _ of source.read(LARGE[0], 0, stop.signal)) stop.abort();
      };
      await failure(reading, 'stopped in the middle');
    },
  },
  {
    name: 'read.left-early',
    promise: 'a reader that leaves early leaves the source usable',
    run: async (stage) => {
      await putAll(stage);
      const source = await stage.source();
      for await (const _ of source.read(LARGE[0], 0, never())) break;
      sameBytes(await joined(source.read(LARGE[0], 0, never())), LARGE[1], 'read after leaving');
    },
  },
);

export const READING: readonly Scenario[] = [...READS, ...REFUSES];
