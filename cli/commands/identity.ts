/** `waybill identity create|token`: local identities and the tokens they sign themselves. */
import { ROLES } from '../../kernel/actor.ts';
import { systemClock } from '../../kernel/clock.ts';
import { Fault } from '../../kernel/fault.ts';
import { mintToken } from '../../gateway/identity.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { admit, createKeyFile, isRole, readKeyFile } from '../key-file.ts';

const TOKEN_HOURS_MAX = 24;

export interface CreateOptions {
  readonly role: readonly string[];
  readonly out: string;
  /** A house to make the identity known to at once. */
  readonly data?: string;
}

/** Makes a key file, and with --data makes the house know its public half. */
export function createIdentity(name: string, options: CreateOptions): ExitCode {
  const roles = options.role.filter(isRole);
  const unknown = options.role.find((role) => !isRole(role));
  if (unknown !== undefined || roles.length === 0) {
    const message = `${JSON.stringify(unknown ?? '')} is no role; the roles are ${ROLES.join(', ')}`;
    throw new Fault({ code: 'ROLE_UNKNOWN', retry: 'permanent', message });
  }
  const made = createKeyFile(name, roles, options.out);
  if (options.data !== undefined) admit(options.data, made);
  process.stdout.write(`${made.id} (${roles.join(', ')}): ${options.out}\n`);
  return EXIT.clean;
}

/** Prints a bearer token for the gateway, signed by the key in the file. */
export async function printToken(path: string, options: { readonly hours: string }): Promise<ExitCode> {
  const hours = Math.min(Math.max(Number(options.hours) || 1, 1 / 60), TOKEN_HOURS_MAX);
  process.stdout.write(`${await mintToken(readKeyFile(path), systemClock, Math.round(hours * 3600))}\n`);
  return EXIT.clean;
}
