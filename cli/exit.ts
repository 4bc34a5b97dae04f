/** How a command ends, for the shell and for people. */
import { isFault } from '../kernel/fault.ts';
import type { Refusal } from '../kernel/refusal.ts';

export const EXIT = { clean: 0, fault: 1, exceptionsOpen: 2, refused: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The rules said no to a command: printed with what would make it yes, exit 3. */
export class CommandRefused extends Error {
  readonly refusals: readonly Refusal[];

  constructor(refusals: readonly Refusal[]) {
    super(refusals.map(({ message }) => message).join('; '));
    this.name = 'CommandRefused';
    this.refusals = refusals;
  }
}

/** Prints what went wrong to the standard error and answers the exit code. */
export function report(error: unknown): ExitCode {
  if (error instanceof CommandRefused) {
    for (const { code, message, field, remedy } of error.refusals) {
      const where = field && field.length > 0 ? ` at ${field.join('.')}` : '';
      process.stderr.write(`refused: ${code}${where}: ${message}\n  to go on: ${remedy}\n`);
    }
    return EXIT.refused;
  }
  if (isFault(error)) {
    process.stderr.write(`fault: ${error.code}: ${error.message}${error.subject ? ` (${error.subject})` : ''}\n`);
    return EXIT.fault;
  }
  process.stderr.write(`fault: DEFECT: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return EXIT.fault;
}
