/** The FHIR server of the benches in a process of its own: what it costs is nobody's but its. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { AS_TYPESCRIPT } from '../../test/support/typescript.ts';

export const TOKEN = 'a-token-of-the-bench';

export interface FhirBench {
  readonly baseUrl: string;
  /** Takes what it is sent and answers shortly. */
  readonly bareUrl: string;
  readonly authority: string;
  stop(): void;
}

export async function startFhirBench(directory: string): Promise<FhirBench> {
  const child = fork(join(import.meta.dirname, 'server.ts'), [JSON.stringify({ directory, token: TOKEN })], {
    execArgv: [...AS_TYPESCRIPT],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [ready] = (await once(child, 'message')) as [Omit<FhirBench, 'stop'>];
  return { ...ready, stop: () => void child.kill('SIGKILL') };
}
