/** How a code system may be named in a profile, and whether a target can be expected to know it. */
import { isKnownOid, isKnownTableName, isKnownUri } from './known-code-systems.ts';
import type { Knowledge } from './phi.ts';
import { maskOf } from './scan.ts';

export interface NamedSystem {
  readonly name: string;
  readonly isKnown: boolean;
}

const NAME_CHARS_MAX = 120;

/** A name that is no known one may be anything at all, so only its mask is told; of a URI, its host. */
export function nameSystem(value: string, kind: NonNullable<Knowledge['codeSystem']>): NamedSystem {
  const text = value.trim();
  switch (kind) {
    case 'table-0396':
      if (isKnownTableName(text)) return { name: text.toUpperCase(), isKnown: true };
      return isRegistered(text) ?? { name: masked(text), isKnown: false };
    case 'uri':
      return isRegistered(text) ?? { name: hostOf(text) ?? masked(text), isKnown: false };
    case 'oid':
      return isRegistered(text) ?? { name: /^[\d.]+$/.test(text) ? cut(text) : masked(text), isKnown: false };
    default:
      return kind satisfies never;
  }
}

function isRegistered(text: string): NamedSystem | undefined {
  const isKnown = text.length <= NAME_CHARS_MAX && /^[\w.:/#-]+$/.test(text) && (isKnownUri(text) || isKnownOid(text));
  return isKnown ? { name: text, isKnown } : undefined;
}

function hostOf(text: string): string | undefined {
  const host = /^(https?:\/\/[A-Za-z\d.-]{1,80})(?:[/:?#]|$)/.exec(text)?.[1];
  return host === undefined ? undefined : `${host}/…`;
}

function masked(text: string): string {
  return maskOf(cut(text));
}

function cut(text: string): string {
  return text.slice(0, NAME_CHARS_MAX);
}
