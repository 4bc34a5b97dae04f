/** The four toy subgraphs of the tests, served. */
import { systemClock } from '../../kernel/clock.ts';
import { silentLog } from '../../runtime/log.ts';
import { serveSubgraph } from '../../runtime/subgraph.ts';
import { compose } from '../../schema/composition.ts';
import { REQUEST_KEY } from '../../test/federation/support/house.ts';
import { buildToys, type ToyName } from '../../test/federation/support/toys.ts';
import { beChild } from './child.ts';

const { toys, built } = await buildToys();
const urls: Record<string, string> = {};
for (const name of Object.keys(built) as ToyName[]) {
  const options = { port: 0, key: REQUEST_KEY, clock: systemClock, log: silentLog };
  const { port } = await serveSubgraph({ name, schema: built[name].schema }, options);
  urls[name] = `http://127.0.0.1:${port}/graphql`;
}
const texts = (Object.keys(built) as ToyName[]).map((name) => ({ name, sdl: built[name].sdl }));

beChild(
  { urls, supergraphSdl: compose(texts).supergraph },
  {
    publish: ({ batch }) => {
      toys.transfer.advance(String(batch));
      return { listeners: toys.transfer.progress.listeners };
    },
  },
);
