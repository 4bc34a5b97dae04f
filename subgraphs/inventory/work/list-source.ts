/** Listing the source through its connector; what goes wrong there is told apart from what goes wrong here. */
import { isFault } from '../../../kernel/fault.ts';
import type { EndpointSettings } from '../../../plugins/host/index.ts';
import type { Problem } from '../domain/readiness.ts';
import type { InventoryContext } from './context.ts';

export interface ListedItem {
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedAt?: string | undefined;
}

/** The source could not be listed, however often the host tried. */
export class SourceFailure extends Error {
  readonly problem: Problem;

  constructor(problem: Problem, cause: unknown) {
    super(problem.reason, { cause });
    this.name = 'SourceFailure';
    this.problem = problem;
  }
}

/** Yields every item of the source. Throws a SourceFailure, or the fault itself when `signal` asked to stop. */
export async function* listSource(
  { host }: Pick<InventoryContext, 'host'>,
  endpoint: EndpointSettings,
  signal: AbortSignal,
): AsyncGenerator<ListedItem> {
  try {
    const source = await host.source(endpoint, signal);
    try {
      yield* source.list(signal);
    } finally {
      await source.close();
    }
  } catch (error) {
    if (signal.aborted) throw error;
    throw new SourceFailure(problemOf(error), error);
  }
}

/** What may be said of a failed connector: never the name of an item, which may name a patient. */
export function problemOf(error: unknown): Problem {
  if (!isFault(error)) return { code: 'CONNECTOR_DEFECT', reason: 'the connector failed in a way it did not foresee' };
  const { code, message, subject } = error;
  if (subject === undefined || !mentions(message, subject)) return { code, reason: message };
  return { code, reason: `an item at the source is in the way; list it with the connector's own tools (${code})` };
}

function mentions(message: string, subject: string): boolean {
  return message.includes(subject) || message.includes(JSON.stringify(subject).slice(1, -1));
}
