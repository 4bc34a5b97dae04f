/** Addresses, headers and bodies with places for what is known of an item: `documents/{id}?key={key}`. */
import { z } from 'zod';
import { nearestName } from '../exactly.ts';

/** What a place may stand for. */
export const PLACES = ['path', 'name', 'id', 'key', 'mediaType', 'size', 'sha256', 'sha256Base64', 'staged'] as const;
export type Place = (typeof PLACES)[number];
export type Values = { readonly [P in Place]?: string | undefined };

const ANY = /\{([^{}]*)\}/g;
const TEMPLATE_LENGTH_MAX_CHARS = 2_000;

/** A template that uses these places only, and refuses others by the nearest name. */
export function template(allowed: readonly Place[]) {
  return z
    .string()
    .min(1)
    .max(TEMPLATE_LENGTH_MAX_CHARS)
    .superRefine((text, context) => {
      const message = problemOf(text, allowed);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    });
}

function problemOf(text: string, allowed: readonly Place[]): string | undefined {
  if (/[\r\n\0]/.test(text)) return 'must be one line';
  if (/[{}]/.test(text.replace(ANY, ''))) return 'has a brace that is not closed, or one too many';
  for (const name of placesIn(text)) {
    if ((allowed as readonly string[]).includes(name)) continue;
    const near = nearestName(name, allowed);
    const meant = near === undefined ? `allowed are ${allowed.join(', ')}` : `did you mean {${near}}?`;
    return `has a place that stands for nothing here: ${meant}`;
  }
  return undefined;
}

/** The names between braces, a leading + left out. */
export function placesIn(text: string): readonly string[] {
  return [...text.matchAll(ANY)].map(([, name = '']) => name.replace(/^\+/, ''));
}

/** `{path}` is encoded whole; `{+path}` keeps its slashes, for addresses that follow it (as RFC 6570, 3.2.3). */
export function addressFrom(text: string, values: Values): string {
  return text.replace(ANY, (_, name: string) => {
    const value = encodeURIComponent(valueOf(name, values));
    return name.startsWith('+') ? value.replaceAll('%2F', '/') : value;
  });
}

/** For headers, whose values are plain: what is no visible ASCII is encoded. */
export function headerFrom(text: string, values: Values): string {
  return text.replace(ANY, (_, name: string) => valueOf(name, values).replace(/[^\x20-\x7e]/gu, encodeURIComponent));
}

function valueOf(name: string, values: Values): string {
  return values[name.replace(/^\+/, '') as Place] ?? '';
}
