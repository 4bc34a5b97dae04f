import type { Connector } from '../connector.ts';
import { all, equal, once } from './expect.ts';
import { never, rule, type Harness } from './harness.ts';
import { bytesParcel, SAMPLES } from './samples.ts';

/** What holds when one place is both written as a target and read as a source. */
export function describeLoop<Config>(connector: Connector<Config>, harness: Harness): void {
  const both = connector.roles.length === 2 && connector.capabilities.shapes.includes('bytes');
  rule(
    connector,
    harness,
    'both roles: a source lists what was committed and never what is only staged',
    async ({ source, target }) => {
      const opened = await target();
      const reader = await source();
      for (const [path, bytes] of SAMPLES) {
        const parcel = bytesParcel(path, bytes);
        const staged = await opened.stage(parcel, once(bytes), never());
        const before = (await all(reader.list(never()))).map((item) => item.path);
        equal(before.includes(path), false, `${path} is listed while staged`);
        await opened.commit(parcel, staged, never());
      }
      const items = await all(reader.list(never()));
      equal(items.map((item) => item.path).sort(), SAMPLES.map(([path]) => path).sort(), 'listed');
    },
    both ? undefined : 'it has one role only',
  );
}
