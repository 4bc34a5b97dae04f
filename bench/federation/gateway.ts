/** Our gateway in front of the served toys. */
import { openGateway, remoteTransport } from '../../gateway/main.ts';
import { systemClock } from '../../kernel/clock.ts';
import { silentLog } from '../../runtime/log.ts';
import { REQUEST_KEY } from '../../test/federation/support/house.ts';
import { beChild, details } from './child.ts';

const { urls, supergraphSdl } = details() as { urls: Record<string, string>; supergraphSdl: string };
const gateway = await openGateway({
  supergraphSdl,
  transports: Object.fromEntries(
    Object.entries(urls).map(([name, url]) => [name, remoteTransport(url, REQUEST_KEY, systemClock)]),
  ),
  port: 0,
  identities: { find: () => undefined },
  anonymous: 'reader',
  requestKey: REQUEST_KEY,
  clock: systemClock,
  log: silentLog,
});

beChild(
  { url: gateway.url },
  { counts: () => ({ ...gateway.counts() }), rss: () => ({ bytes: process.memoryUsage.rss() }) },
);
