/** The log: one JSON object a line on stderr, scalar facts only, never patient data. Logging never throws. */
import { isFault } from '../kernel/fault.ts';
import type { Clock } from '../kernel/clock.ts';

export type Facts = Readonly<Record<string, string | number | boolean>>;

export interface Log {
  info(fact: string, facts?: Facts): void;
  warn(fact: string, facts?: Facts): void;
  error(fact: string, facts?: Facts): void;
}

type Level = 'info' | 'warn' | 'error';

const TEXT_LENGTH_MAX_CHARS = 400;
const FACTS_MAX = 24;

/** A log that writes lines to `write`, by default stderr. Facts that are not scalars are left out, long ones cut. */
export function openLog(clock: Clock, write: (line: string) => void = (line) => void process.stderr.write(line)): Log {
  const tell = (level: Level, fact: string, facts: Facts = {}): void => {
    try {
      const line = { at: clock.now().toISOString(), level, fact: cut(fact), ...scalars(facts) };
      write(`${JSON.stringify(line)}\n`);
    } catch {
      // A log that cannot be written must not stop a migration.
    }
  };
  return {
    info: (fact, facts) => tell('info', fact, facts),
    warn: (fact, facts) => tell('warn', fact, facts),
    error: (fact, facts) => tell('error', fact, facts),
  };
}

/** A log that keeps nothing. */
export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} };

/** What may be said of an error: the code and words of a fault, only the class of anything else. */
export function errorFacts(error: unknown): Facts {
  if (isFault(error)) {
    const subject = error.subject === undefined ? {} : { subject: error.subject };
    return { code: error.code, retry: error.retry, message: error.message, ...subject };
  }
  return { code: 'UNEXPECTED', error: error instanceof Error ? error.name : typeof error, where: firstFrame(error) };
}

function firstFrame(error: unknown): string {
  const frame = error instanceof Error ? /\n\s+at (.+)/.exec(error.stack ?? '')?.[1] : undefined;
  return frame ?? 'unknown';
}

function scalars(facts: Facts): Record<string, string | number | boolean> {
  const kept: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(facts).slice(0, FACTS_MAX)) {
    if (typeof value === 'string') kept[name] = cut(value);
    else if (typeof value === 'number' || typeof value === 'boolean') kept[name] = value;
  }
  return kept;
}

function cut(text: string): string {
  return text.length <= TEXT_LENGTH_MAX_CHARS ? text : `${text.slice(0, TEXT_LENGTH_MAX_CHARS)}…`;
}
