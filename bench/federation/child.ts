/** Programs of a bench in processes of their own, so that each one's CPU is its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { AS_TYPESCRIPT } from '../../test/support/typescript.ts';

export type Message = Readonly<Record<string, unknown>>;

export interface Child {
  /** What it said when it was ready. */
  readonly ready: Message;
  ask(act: string, details?: Message): Promise<Message>;
  /** User and system time so far. */
  cpuSeconds(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts bench/federation/<name>.ts. */
export async function startChild(name: string, details: Message = {}): Promise<Child> {
  const child = fork(join(import.meta.dirname, `${name}.ts`), [JSON.stringify(details)], {
    execArgv: [...AS_TYPESCRIPT],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ready = await reply(child);
  const ask = async (act: string, more: Message = {}): Promise<Message> => {
    const answered = reply(child);
    child.send({ act, ...more });
    return answered;
  };
  return {
    ready,
    ask,
    cpuSeconds: async () => Number((await ask('cpu'))['cpuSeconds']),
    async stop() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

async function reply(child: ChildProcess): Promise<Message> {
  const ended = new AbortController();
  const gone = once(child, 'exit', { signal: ended.signal }).then(() => {
    throw new Error('a program of the bench ended by itself');
  });
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal: ended.signal }), gone])) as [Message];
    return message;
  } finally {
    gone.catch(() => undefined);
    ended.abort();
  }
}

/** The child's side: says that it is ready, then does what it is asked. */
export function beChild(
  ready: Message,
  acts: Readonly<Record<string, (details: Message) => Promise<Message> | Message>>,
) {
  process.on('disconnect', () => process.exit());
  process.on('message', (message: Message) => {
    const act = String(message['act']);
    const { user, system } = process.cpuUsage();
    const answer = act === 'cpu' ? { cpuSeconds: (user + system) / 1e6 } : (acts[act]?.(message) ?? {});
    void Promise.resolve(answer).then((said) => process.send?.(said));
  });
  process.send?.(ready);
}

/** What the parent told this child at its start. */
export function details(): Message {
  return JSON.parse(process.argv[2] ?? '{}') as Message;
}
