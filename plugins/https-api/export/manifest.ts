/** The manifest of an export: which files there are (Bulk Data Access IG 2.0, Response - Complete Status). */
import { ConnectorError } from '@waybill/connector-sdk';
import { z } from 'zod';

const file = z.object({
  type: z.string().regex(/^[A-Z][A-Za-z]{1,63}$/),
  url: z.string().min(1).max(8_192),
  count: z.number().int().min(0).optional(),
});

const manifest = z.object({
  transactionTime: z.string().max(64),
  requiresAccessToken: z.boolean(),
  output: z.array(file).max(100_000),
  error: z.array(file).max(10_000).default([]),
  deleted: z.array(file).max(10_000).default([]),
  // Of a later edition, where the manifest itself comes in pages.
  link: z.array(z.object({ relation: z.string() })).default([]),
});

export type Manifest = z.infer<typeof manifest>;
export type ManifestFile = z.infer<typeof file>;

/** Fails with UNSUPPORTED, quoting nothing, when the text is no manifest whose every file is known. */
export function manifestIn(text: string): Manifest {
  const read = manifest.safeParse(parsed(text));
  if (!read.success) {
    const [where] = read.error.issues.map(({ path }) => path.join('.'));
    throw new ConnectorError('UNSUPPORTED', `the export is not answered by a manifest (${where || 'it is no object'})`);
  }
  if (!read.data.link.some(({ relation }) => relation === 'next')) return read.data;
  throw new ConnectorError('UNSUPPORTED', 'the manifest of the export has further pages, which are not followed');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
