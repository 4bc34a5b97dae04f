import type { Connector } from '../connector.ts';
import { all, equal, failure, fails, holds, joined, sameBytes } from './expect.ts';
import { never, rule, type Harness, type Place, type Stage } from './harness.ts';
import { HOSTILE_PATHS, LARGE, SAMPLES } from './samples.ts';

/** What a source promises. */
export function describeSource<Config>(connector: Connector<Config>, harness: Harness): void {
  const absent = connector.roles.includes('source') ? undefined : 'it is no source';
  const add: Add = (name, body, unless = absent) => rule(connector, harness, `source: ${name}`, body, unless);

  add('an empty place lists nothing', async ({ source }) => {
    equal(await all((await source()).list(never())), [], 'listed');
  });
  add('every item is listed once, with its true size, and reads back; nothing is changed', async (stage) => {
    await putAll(stage.place);
    const before = await stage.place.snapshot?.();
    const source = await stage.source();
    const items = await all(source.list(never()));
    equal(items.map((item) => item.path).sort(), SAMPLES.map(([path]) => path).sort(), 'paths');
    for (const [path, bytes] of SAMPLES) {
      equal(items.find((item) => item.path === path)?.sizeBytes, bytes.byteLength, `size of ${path}`);
      sameBytes(await joined(source.read(path, 0, never())), bytes, path);
    }
    equal(await stage.place.snapshot?.(), before, 'the place after reading');
  });
  add('listing again lists the same', async (stage) => {
    await putAll(stage.place);
    const source = await stage.source();
    const first = (await all(source.list(never()))).map((item) => item.path).sort();
    equal((await all(source.list(never()))).map((item) => item.path).sort(), first, 'second listing');
  });
  describeReading(add);
  add(
    'a read begins at its offset',
    async (stage) => {
      await putAll(stage.place);
      const source = await stage.source();
      for (const offset of [1, 1_234_567, LARGE[1].byteLength]) {
        sameBytes(await joined(source.read(LARGE[0], offset, never())), LARGE[1].subarray(offset), `from ${offset}`);
      }
    },
    absent ?? (connector.capabilities.resumeRead ? undefined : 'resumeRead is not declared'),
  );
}

type Add = (name: string, body: (stage: Stage) => Promise<void>, unless?: string) => void;

/** What a read promises beside the bytes. */
function describeReading(add: Add): void {
  add('a missing item fails with ITEM_NOT_FOUND', async ({ source }) => {
    const opened = await source();
    await fails('ITEM_NOT_FOUND', () => joined(opened.read('missing/item', 0, never())), 'read');
  });
  add('a path that leaves the root fails with PATH_REFUSED', async ({ source }) => {
    const opened = await source();
    for (const path of HOSTILE_PATHS) {
      await fails('PATH_REFUSED', async () => joined(opened.read(path, 0, never())), JSON.stringify(path));
    }
  });
  add('a read that is stopped stops', async (stage) => {
    await putAll(stage.place);
    const source = await stage.source();
    const stop = new AbortController();
    stop.abort();
    await failure(async () => joined(source.read(LARGE[0], 0, stop.signal)), 'aborted before it began');
  });
  add('a reader that leaves early leaves the source usable', async (stage) => {
    await putAll(stage.place);
    const source = await stage.source();
    for await (const chunk of source.read(LARGE[0], 0, never())) {
      holds(chunk.byteLength > 0, 'an empty chunk');
      break;
    }
    sameBytes(await joined(source.read(LARGE[0], 0, never())), LARGE[1], 'read after leaving');
  });
}

async function putAll(place: Place): Promise<void> {
  holds(place.put !== undefined, 'the harness of a source needs `put`');
  for (const [path, bytes] of SAMPLES) await place.put(path, bytes);
}
