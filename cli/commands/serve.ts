/** `waybill serve [PART...]`: the whole house in one process, or the parts named. */
import { SUBGRAPHS } from '../../kernel/event.ts';
import { Fault } from '../../kernel/fault.ts';
import { loadConfig } from '../../runtime/config.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { openHouse, type Part } from '../house.ts';
import { untilStopped } from '../stop.ts';

const WHOLE: readonly Part[] = ['gateway', ...SUBGRAPHS];
const ALL: readonly Part[] = [...WHOLE, 'worker'];

/** Serves until SIGINT or SIGTERM; then finishes what is under way and closes. */
export async function serve(names: readonly string[], options: { readonly data?: string }): Promise<ExitCode> {
  const unknown = names.find((name) => !(ALL as readonly string[]).includes(name));
  if (unknown !== undefined) {
    const message = `${JSON.stringify(unknown)} is no part; the parts are ${ALL.join(', ')}`;
    throw new Fault({ code: 'PART_UNKNOWN', retry: 'permanent', message });
  }
  const parts = names.length === 0 ? WHOLE : ALL.filter((name) => names.includes(name));
  const config = loadConfig({ directory: options.data });
  const house = await openHouse({ config, parts });
  // Whoever reads the first line may stop us at once.
  const stopped = untilStopped();
  try {
    if (house.gateway) process.stdout.write(`gateway ${house.gateway.url}\n`);
    for (const address of house.addresses) process.stdout.write(`${address}\n`);
    if (parts.includes('worker')) process.stdout.write('worker: takes jobs of every part\n');
    await stopped;
  } finally {
    await house.close();
  }
  return EXIT.clean;
}
