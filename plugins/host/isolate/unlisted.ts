/** What failed because the plan does not list where a connector would go is said as that, with what to write. */
import { ConnectorError, isConnectorError } from '../../sdk/index.ts';
import type { Broker, Unlisted } from './broker.ts';

/** Asked for before something is tried: gives what its failure came of, where the broker alone knows that. */
export function explaining(broker: Broker, config: unknown): (error: unknown) => unknown {
  const before = broker.unlisted;
  return (error) => {
    const { unlisted } = broker;
    if (unlisted === undefined || unlisted === before) return error;
    // What it foresaw otherwise, or may have done by then, stays that.
    return isConnectorError(error) && error.code !== 'UNAVAILABLE' ? error : notListed(unlisted, config);
  };
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
