/** A house that is served by a process of its own, and the people who sign in there. */
import { join } from 'node:path';
import { databaseSettings, runWaybill, type Running, startWaybill } from './waybill.ts';

const PEOPLE = { olga: 'operator', anna: 'approver', rita: 'reviewer', otto: 'auditor' } as const;
export type Person = keyof typeof PEOPLE;

export interface Household {
  /** The data folder. */
  readonly data: string;
  /** Bearer tokens. */
  readonly tokens: Readonly<Record<Person, string>>;
}

/** Makes everybody known to the house in `directory`/data, by the command line. */
export async function household(directory: string): Promise<Household> {
  const data = join(directory, 'data');
  const names = Object.keys(PEOPLE) as Person[];
  const keyOf = (name: Person): string => join(directory, `${name}.key`);
  for (const name of names)
    await said(['identity', 'create', name, '--role', PEOPLE[name], '--out', keyOf(name), '--data', data], directory);
  const tokens = await Promise.all(
    names.map(async (name) => [name, await said(['identity', 'token', keyOf(name)], directory)] as const),
  );
  return { data, tokens: Object.fromEntries(tokens) as Record<Person, string> };
}

async function said(args: readonly string[], directory: string): Promise<string> {
  const { code, stdout, stderr } = await runWaybill(args, { directory });
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout.trim();
}

export interface Served {
  /** Where the graph is. */
  readonly url: string;
  readonly running: Running;
  /** Asks it to end; the exit code. Kills what does not. */
  stop(): Promise<number | null>;
}

const STOP_LIMIT_MS = 20_000;

/** `waybill serve PARTS`, on a free port unless `environment` names one; resolves when it says where it is. */
export async function serve(
  place: { readonly directory: string; readonly url: string | undefined },
  options: { readonly parts?: readonly string[]; readonly environment?: Readonly<Record<string, string>> } = {},
): Promise<Served> {
  const { parts = [], environment } = options;
  const running = startWaybill(['serve', ...parts, '--data', join(place.directory, 'data')], {
    directory: place.directory,
    environment: { PORT: '0', ...databaseSettings(place), ...environment },
  });
  const output = await running.said(/^\w+ (http:\S+)$/m);
  return {
    url: /^\w+ (http:\S+)$/m.exec(output)?.[1] ?? '',
    running,
    async stop() {
      running.process.kill('SIGTERM');
      const late = setTimeout(() => running.process.kill('SIGKILL'), STOP_LIMIT_MS);
      const { code } = await running.ended;
      clearTimeout(late);
      return code;
    },
  };
}
