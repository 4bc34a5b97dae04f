/** `waybill connector list|check`: what is installed, and whether a plan's endpoints can be reached. */
import { join } from 'node:path';
import { systemClock } from '../../kernel/clock.ts';
import { openConnectorHost, type ConnectorHost, type EndpointSettings } from '../../plugins/host/index.ts';
import { loadConfig } from '../../runtime/config.ts';
import { approvalsIn } from '../../runtime/keys.ts';
import { silentLog } from '../../runtime/log.ts';
import { readPlanFile } from '../../subgraphs/inventory/main.ts';
import { CommandRefused, EXIT, report, type ExitCode } from '../exit.ts';
import { table } from '../table.ts';

const CHECK_LIMIT_MS = 60_000;

interface OfHouse {
  /** Whose approvals count. */
  readonly data?: string | undefined;
}

async function withHost<T>({ data }: OfHouse, work: (host: ConnectorHost) => Promise<T>): Promise<T> {
  const config = loadConfig({ directory: data });
  const host = await openConnectorHost({
    packages: config.connectors,
    approvals: approvalsIn(config.directory),
    isolationLeast: config.isolationLeast,
    lent: config.lent,
    spoolDirectory: join(config.directory, 'spool'),
    environment: (name) => config.environment(name),
    log: (fact, facts) => silentLog.info(fact, facts),
    clock: systemClock,
  });
  try {
    return await work(host);
  } finally {
    await host.close();
  }
}

export function listConnectors(options: OfHouse & { readonly json?: boolean }): Promise<ExitCode> {
  return withHost(options, async (host) => {
    const all = host.list();
    const rows = all.map((each) => [
      each.id,
      each.version,
      each.roles.join(', '),
      each.isolation,
      each.package,
      each.title,
    ]);
    if (options.json) process.stdout.write(`${JSON.stringify(all)}\n`);
    else process.stdout.write(`${table(['id', 'version', 'roles', 'isolation', 'package', 'title'], rows)}\n`);
    return EXIT.clean;
  });
}

/** Connects to every endpoint of a plan and prints what was negotiated, or why not. */
export async function checkConnectors(planPath: string, options: OfHouse): Promise<ExitCode> {
  const read = await readPlanFile(planPath);
  if (!read.ok) throw new CommandRefused(read.refusals);
  const { plan } = read.value;
  const endpoints: (readonly [string, 'source' | 'target', EndpointSettings])[] = [
    ['source', 'source', settingsOf(plan.source)],
    ['target', 'target', settingsOf(plan.target)],
  ];
  for (const { name, target } of plan.datasets)
    if (target) endpoints.push([`target of ${name}`, 'target', settingsOf(target)]);
  return withHost(options, async (host) => {
    let worst: ExitCode = EXIT.clean;
    for (const [title, role, endpoint] of endpoints) {
      try {
        const refusals = await host.validate(endpoint, role);
        if (refusals.length > 0) throw new CommandRefused(refusals);
        const facts = await host.check(endpoint, AbortSignal.timeout(CHECK_LIMIT_MS));
        const text = Object.entries(facts)
          .map(([name, value]) => `${name}=${value}`)
          .join(' ');
        process.stdout.write(`${title}: ${endpoint.connector}: reached ${text}\n`);
      } catch (error) {
        process.stdout.write(`${title}: ${endpoint.connector}: not reached\n`);
        worst = Math.max(worst, report(error)) as ExitCode;
      }
    }
    return worst;
  });
}

function settingsOf({ connector, config, secrets, network }: EndpointSettings): EndpointSettings {
  return { connector, config, secrets, network };
}
