/** How an ordinary API is described, so that it needs no code. */
import { z } from 'zod';
import { exactly } from '../exactly.ts';
import { type PLACES, placesIn, template } from './template.ts';
import { pointer } from './pointer.ts';

const HEADER_NAME = /^[A-Za-z0-9-]{1,80}$/;
/** These belong to secrets, or to HTTP itself. */
const RESERVED = /^(authorization|proxy-authorization|cookie|host|content-length|transfer-encoding|connection)$/i;
const OF_ITEM = ['path', 'name', 'id'] as const;
/** `id` is what the API calls it, `key` the parcel's idempotency key. */
const OF_PARCEL = ['path', 'name', 'key', 'mediaType', 'size', 'sha256', 'sha256Base64'] as const;

const headers = (allowed: readonly (typeof PLACES)[number][]) =>
  z.record(z.string(), template(allowed)).superRefine((given, context) => {
    for (const name of Object.keys(given)) {
      const message = !HEADER_NAME.test(name)
        ? 'is no name of a header'
        : RESERVED.test(name)
          ? 'is not set here: credentials are secrets, and lengths are ours'
          : undefined;
      if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message });
    }
  });

const page = exactly({
  link: pointer.optional().describe('Where the answer holds the address of the next page.'),
  linkHeader: z.literal('next').optional().describe('The next page stands in the header Link (RFC 8288).'),
  cursor: pointer.optional().describe('Where the answer holds what `parameter` is set to for the next page.'),
  parameter: z.string().min(1).max(80).optional().describe('The query parameter of a cursor, a page or an offset.'),
  counts: z.enum(['pages', 'items']).optional().describe('`parameter` counts pages or items, until a page is empty.'),
  first: z.number().int().min(0).optional().describe('The number of the first page; 1 when left out.'),
}).superRefine((it, context) => {
  const ways = [it.link, it.linkHeader, it.cursor, it.counts].filter((each) => each !== undefined);
  if (ways.length !== 1) context.addIssue({ code: 'custom', message: 'needs one of link, linkHeader, cursor, counts' });
  const needsParameter = it.cursor !== undefined || it.counts !== undefined;
  if (needsParameter !== (it.parameter !== undefined)) {
    context.addIssue({ code: 'custom', path: ['parameter'], message: 'belongs to cursor and to counts' });
  }
});

const shapeOfItem = {
  id: pointer.optional().describe('What the API calls an item; its path when left out.'),
  size: pointer.optional().describe('Its size in bytes; when left out, it is read once to learn it.'),
  modified: pointer.optional().describe('When it changed (RFC 3339).'),
  mediaType: pointer.optional(),
};

const write = exactly({
  method: z.enum(['POST', 'PUT']),
  to: template(OF_PARCEL),
  headers: headers(OF_PARCEL).optional().describe('Such as Idempotency-Key: "{key}", or If-None-Match: "*".'),
  id: pointer.optional().describe('Where the answer holds the id; left out, it is looked up.'),
  conflict: z
    .array(z.number().int().min(400).max(499))
    .max(5)
    .optional()
    .describe('Statuses that say it is there already; 409 and 412 when left out.'),
});

/** For an API with a place of its own for what nobody sees yet. */
const upload = exactly({
  method: z.enum(['POST', 'PUT']),
  to: template(OF_PARCEL),
  headers: headers(OF_PARCEL).optional(),
  staged: pointer.describe('Where the answer holds the id of what was uploaded.'),
  size: pointer.optional().describe('Where the answer says how many bytes arrived.'),
  discard: template(['staged']).optional().describe('What is asked to be deleted when a parcel is given up.'),
});

const publish = exactly({
  method: z.enum(['POST', 'PUT']),
  to: template(['staged', ...OF_PARCEL]),
  headers: headers(['staged', ...OF_PARCEL]).optional(),
  id: pointer.optional(),
  conflict: z.array(z.number().int().min(400).max(499)).max(5).optional(),
});

export const REST = {
  tokenHeader: z
    .string()
    .regex(HEADER_NAME, 'must be the name of a header')
    .optional()
    .describe('The header the secret token is sent in as it is; left out, Authorization: Bearer.'),
  headers: headers([]).optional().describe('Sent with every request.'),
  list: exactly({
    get: template([]),
    items: pointer.describe('Where an answer holds the list of items.'),
    path: pointer.describe('Where an item holds its path.'),
    ...shapeOfItem,
    next: page.optional().describe('How the next page is found; left out, there is one.'),
  }),
  read: exactly({ get: template(OF_ITEM) }),
  stat: exactly({
    get: template(OF_PARCEL),
    item: pointer.optional().describe('Where the answer holds what was found; the whole answer when left out.'),
    id: pointer.optional(),
    key: pointer
      .optional()
      .describe('Where what was found holds the key it was written with; without it, contents are compared.'),
  })
    .optional()
    .describe('Finds an item by its path. A target needs it, and a source whose items are read by an id.'),
  write: write.optional(),
  upload: upload.optional(),
  publish: publish.optional(),
  failure: exactly({
    at: pointer.describe('What in an answer of success says whether it is one.'),
    is: z
      .array(z.union([z.string(), z.number(), z.boolean()]))
      .max(50)
      .optional()
      .describe('It failed when it is one of these.'),
    isNot: z
      .array(z.union([z.string(), z.number(), z.boolean()]))
      .max(50)
      .optional()
      .describe('It failed unless it is one of these.'),
    code: pointer
      .optional()
      .describe('Where a code stands that may be repeated: no words, since they may quote a patient.'),
  }).optional(),
};

export type RestSettings = z.infer<z.ZodObject<typeof REST>>;

/** What the parts of a description need of each other; undefined when it is whole. */
export function incoherence(
  it: RestSettings,
): { readonly path: readonly string[]; readonly message: string } | undefined {
  const places = placesIn(it.read.get);
  if (places.includes('id') && (places.includes('path') || places.includes('name'))) {
    return { path: ['read', 'get'], message: 'uses {id} or {path}, not both: one of them names what was written' };
  }
  if (it.write !== undefined && it.upload !== undefined) {
    return { path: ['upload'], message: 'goes with publish; write does both at once' };
  }
  if ((it.upload === undefined) !== (it.publish === undefined)) {
    return { path: [it.upload === undefined ? 'upload' : 'publish'], message: 'upload and publish belong together' };
  }
  const isById = places.includes('id') && it.list.id !== undefined;
  if (it.stat === undefined && (isById || it.write !== undefined || it.upload !== undefined)) {
    return { path: ['stat'], message: 'is needed: nothing is written, or read by an id, before it was looked up' };
  }
  if (it.stat !== undefined && it.list.id !== undefined && it.stat.id === undefined) {
    return { path: ['stat', 'id'], message: 'is needed, since list has one' };
  }
  return undefined;
}

export type Page = z.infer<typeof page>;
