/** What a source's listing promises. */
import type { Connector } from '../connector.ts';
import type { Source } from '../source.ts';
import { all, equal, failure, holds, joined, sameBytes, utf8 } from './expect.ts';
import { never } from './perform.ts';
import { ODD, SAMPLES } from './samples.ts';
import { ofSource, type Scenario, type Stage } from './scenario.ts';

/** More than fit into one answer of the usual servers. */
const MANY_ITEMS = 150;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
/** File systems and protocols round to whole or to two seconds. */
const ROUNDING_MAX_MS = 2_000;

const LISTS: readonly Scenario[] = ofSource(
  {
    name: 'list.empty',
    promise: 'an empty place lists nothing',
    run: async ({ source }) => equal(await all((await source()).list(never())), [], 'listed'),
  },
  {
    name: 'list.whole',
    promise: 'every item is listed once, with its true size',
    run: async (stage) => {
      await putAll(stage);
      const items = await all((await stage.source()).list(never()));
      equal(items.map((item) => item.path).sort(), SAMPLES.map(([path]) => path).sort(), 'paths');
      for (const [path, bytes] of SAMPLES) {
        equal(items.find((item) => item.path === path)?.sizeBytes, bytes.byteLength, `size of ${path}`);
      }
    },
  },
  {
    name: 'list.odd-names',
    promise: 'an item with line breaks and tabs in its name is listed and read under that name',
    needs: ['odd-names'],
    run: async (stage) => {
      const [path, bytes] = ODD;
      await put(stage, path, bytes);
      const source = await stage.source();
      equal(await pathsOf(source), [path], 'paths');
      sameBytes(await joined(source.read(path, 0, never())), bytes, path);
    },
  },
  {
    name: 'list.again',
    promise: 'listing again lists the same',
    run: async (stage) => {
      await putAll(stage);
      const source = await stage.source();
      const first = await pathsOf(source);
      equal(await pathsOf(source), first, 'second listing');
      equal(await pathsOf(await stage.source()), first, 'listing after a restart');
    },
  },
  {
    name: 'list.while-items-come',
    promise: 'items that come while it lists take no other off the list and put none on it twice',
    run: async (stage) => {
      const before = Array.from({ length: MANY_ITEMS }, (_, at) => `many/item-${at}`);
      for (const path of before) await put(stage, path, utf8(path));
      const listed: string[] = [];
      for await (const { path } of (await stage.source()).list(never())) {
        if (listed.length % 50 === 0) await put(stage, `many/new-${listed.length}`, utf8('new'));
        listed.push(path);
      }
      equal(listed.length, new Set(listed).size, 'items listed once');
      equal(
        before.filter((path) => !listed.includes(path)),
        [],
        'items that were there and are not listed',
      );
    },
  },
  {
    name: 'list.times',
    promise: 'a time is an RFC 3339 instant in UTC, and the one at which the item was changed',
    needs: ['held', 'times'],
    run: async (stage) => {
      await put(stage, 'a.txt', utf8('now'));
      const truth = (await stage.place.held?.())?.find(({ path }) => path === 'a.txt')?.modifiedAt;
      const [item] = await all((await stage.source()).list(never()));
      const { modifiedAt } = item ?? {};
      holds(truth !== undefined, 'the harness says no time of an item, and not under `cannot` why');
      holds(modifiedAt !== undefined, 'the source says no time of an item, and the harness not under `cannot` why');
      holds(INSTANT.test(modifiedAt), 'the time is no instant in UTC');
      const offMs = Math.abs(Date.parse(modifiedAt) - Date.parse(truth));
      holds(offMs <= ROUNDING_MAX_MS, `the time is ${offMs / 1000} s off`);
    },
  },
  {
    name: 'list.stopped',
    promise: 'a listing that is stopped stops',
    run: async (stage) => {
      await putAll(stage);
      const source = await stage.source();
      await failure(() => all(source.list(AbortSignal.abort())), 'a listing stopped before it began');
    },
  },
);

const undeclared = ({ capabilities }: Connector) =>
  capabilities.orderedListing ? undefined : 'orderedListing is not declared';

/** What a listing in order promises; where it is not declared, nothing may pretend to it. */
const ORDER: readonly Scenario[] = ofSource(
  {
    name: 'list.in-order',
    promise: 'a listing in order goes by the bytes of the paths, and goes on after any of them, listed or not',
    unless: undeclared,
    run: async (stage) => {
      await putAll(stage);
      const source = await stage.source();
      const paths = (await all(source.list(never()))).map((item) => item.path);
      equal(paths, paths.toSorted(byBytes), 'the order');
      for (const path of [...paths, 'deep', 'deep/f', '\u{10ffff}']) {
        const listed = source.listFrom === undefined ? undefined : await all(source.listFrom(path, never()));
        const after = paths.filter((each) => byBytes(path, each) < 0);
        const named = listed?.map((item) => item.path);
        equal(named, after, `after ${JSON.stringify(path)}`);
      }
    },
  },
  {
    name: 'list.no-order',
    promise: 'a source that does not declare orderedListing has no listFrom',
    unless: (connector) => (undeclared(connector) === undefined ? 'orderedListing is declared' : undefined),
    run: async ({ source }) => holds((await source()).listFrom === undefined, 'it has'),
  },
);

export const LISTING: readonly Scenario[] = [...LISTS, ...ORDER];

function byBytes(one: string, other: string): number {
  const [a, b] = [utf8(one), utf8(other)];
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at === -1 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? -1);
}

async function pathsOf(source: Source): Promise<readonly string[]> {
  return (await all(source.list(never()))).map((item) => item.path).sort();
}

export async function put({ place }: Stage, path: string, bytes: Uint8Array): Promise<void> {
  holds(place.put !== undefined, 'the harness of a source needs `put`');
  await place.put(path, bytes);
}

export async function putAll(stage: Stage): Promise<void> {
  for (const [path, bytes] of SAMPLES) await put(stage, path, bytes);
}
