/** What failed because the plan or the house keeps a connector from it is said as that, with what to write. */
import { ConnectorError, isConnectorError } from '../../sdk/index.ts';
import type { Broker, Exceeded, Hurried, Unlisted } from './broker.ts';

/** Asked for before something is tried: gives what its failure came of, where the broker alone knows that. */
export function explaining(broker: Broker, config: unknown): (error: unknown) => unknown {
  const before = broker.kept;
  return (error) => {
    const { kept } = broker;
    if (kept === undefined || kept === before) return error;
    // What it foresaw otherwise, or may have done by then, stays that.
    if (isConnectorError(error) && error.code !== 'UNAVAILABLE') return error;
    if ('wireMaxBytes' in kept) return carriedAll(kept);
    return 'connectionsPerMinuteMax' in kept ? openedTooFast(kept) : notListed(kept, config);
  };
}

function carriedAll({ wireMaxBytes }: Exceeded): ConnectorError {
  const message = `its connections may carry ${wireMaxBytes} bytes while it is open, and have`;
  const remedy = 'set WAYBILL_WIRE_MAX_BYTES higher, or ask its author what it carries beside what it is asked for';
  return new ConnectorError('CONFIG_INVALID', `${message}; ${remedy}`);
}

function openedTooFast({ connectionsPerMinuteMax }: Hurried): ConnectorError {
  const message = `it may open ${connectionsPerMinuteMax} connections a minute, and was faster`;
  const remedy = 'set WAYBILL_CONNECTIONS_PER_MINUTE_MAX higher, or ask its author to keep connections open';
  return new ConnectorError('CONFIG_INVALID', `${message}; ${remedy}`);
}

function notListed({ host, port, isNamed }: Unlisted, config: unknown): ConnectorError {
  // A connector asks for any name it likes, also for one that tells something; what the plan says is no secret.
  const settings = JSON.stringify(config ?? null).toLowerCase();
  const isOfPlan = settings.includes(JSON.stringify(host.toLowerCase()).slice(1, -1));
  if (!isOfPlan) {
    const message = `it asked for a place on port ${port} that neither its settings nor network of its endpoint name`;
    return new ConnectorError('CONFIG_INVALID', `${message}; ask its author where it connects to`);
  }
  const [what, remedy] = isNamed
    ? ['leads to no public address', 'list its addresses beside the name']
    : ['is not listed', 'list it'];
  const place = `network: [{ host: ${isNamed ? '10.20.3.4' : host}, port: ${port} }]`;
  const message = `it may not connect to ${host}, port ${port}, which ${what}; ${remedy} at its endpoint, as ${place}`;
  return new ConnectorError('CONFIG_INVALID', message);
}
