import type { Connector } from '../connector.ts';
import type { Parcel, Receipt, Staged, Target } from '../target.ts';
import { all, equal, fails, holds, joined, once, utf8 } from './expect.ts';
import { never, rule, type Harness, type Stage } from './harness.ts';
import { bytesParcel } from './samples.ts';

type Add = (name: string, body: (stage: Stage) => Promise<void>, unless?: string) => void;

const SOURCE_SYSTEM = 'urn:waybill:source';

/** What a target of records promises: FHIR R4 resources, found again by their source key. */
export function describeRecordsTarget<Config>(connector: Connector<Config>, harness: Harness): void {
  const { capabilities } = connector;
  const absent = capabilities.shapes.includes('records') ? undefined : 'it takes no records';
  const add: Add = (name, body, unless) => rule(connector, harness, `records target: ${name}`, body, absent ?? unless);

  add('a parcel is unseen until it is committed, then every record has an id and reads back', async ({ target }) => {
    const opened = await target();
    const { parcel, body } = recordsParcel('p1', ['k1', 'k2', 'k3']);
    const staged = stored(await opened.stage(parcel, once(body), never()));
    equal(staged.sizeBytes, body.byteLength, 'sizeBytes');
    equal(await opened.stat(parcel, never()), undefined, 'the look-up before the commit');
    const receipt = await opened.commit(parcel, staged, never());
    equal(keysOf(receipt), ['k1', 'k2', 'k3'], 'the crosswalk');
    for (const part of receipt.parts ?? []) equal(await keyAt(opened, part.targetId), part.key, part.targetId);
  });
  add('what was staged is committed after a restart, and again after another', async ({ target }) => {
    const { parcel, body } = recordsParcel('p1', ['k1', 'k2']);
    const staged = stored(await (await target()).stage(parcel, once(body), never()));
    const receipt = await (await target()).commit(parcel, staged, never());
    const reopened = await target();
    equal((await reopened.commit(parcel, staged, never())).parts, receipt.parts, 'the second receipt');
    const found = await reopened.stat(parcel, never());
    if (found !== undefined) equal(found.parts ?? receipt.parts, receipt.parts, 'the look-up after the commit');
  });
  add('a record delivered in two parcels is there once', async ({ target }) => {
    const opened = await target();
    const first = await deliver(opened, 'p1', ['k1', 'k2']);
    const second = await deliver(opened, 'p2', ['k2', 'k3']);
    const idOf = (receipt: Receipt, key: string) => receipt.parts?.find((part) => part.key === key)?.targetId;
    equal(idOf(second, 'k2'), idOf(first, 'k2'), 'the id of k2');
    if (opened.listing === undefined) return;
    const listed = await all(opened.listing.records('Patient', never()));
    equal(listed.map((each) => each.key).sort(), ['k1', 'k2', 'k3'], 'listed keys');
  });
  describeListing(add, capabilities.listing ? undefined : 'listing is not declared');
  describeShapes(connector, harness);
}

function describeListing(add: Add, unless: string | undefined): void {
  add(
    'the listing shows every record with its key, id and content',
    async ({ target }) => {
      const opened = await target();
      const { parts = [] } = await deliver(opened, 'p1', ['k1', 'k2']);
      const listed = opened.listing === undefined ? [] : await all(opened.listing.records('Patient', never()));
      equal(listed.map((each) => each.targetId).sort(), parts.map((each) => each.targetId).sort(), 'ids');
      for (const each of listed) {
        holds(each.content !== undefined, 'a record without content');
        equal(keyIn(each.content), each.key, 'the key in the content');
      }
    },
    unless,
  );
}

/** A shape that is not declared is refused. */
function describeShapes<Config>(connector: Connector<Config>, harness: Harness): void {
  const { shapes } = connector.capabilities;
  rule(
    connector,
    harness,
    'records target: bytes are refused with UNSUPPORTED',
    async ({ target }) => {
      const opened = await target();
      const parcel = bytesParcel('a', utf8('x'));
      await fails('UNSUPPORTED', () => opened.stage(parcel, once(utf8('x')), never()), 'stage');
    },
    shapes.join() === 'records' ? undefined : 'it takes bytes too, or no records',
  );
  rule(
    connector,
    harness,
    'bytes target: records are refused with UNSUPPORTED',
    async ({ target }) => {
      const opened = await target();
      const { parcel, body } = recordsParcel('p1', ['k1']);
      await fails('UNSUPPORTED', () => opened.stage(parcel, once(body), never()), 'stage');
    },
    shapes.join() === 'bytes' ? undefined : 'it takes records too, or no bytes',
  );
}

async function deliver(target: Target, name: string, keys: readonly string[]): Promise<Receipt> {
  const { parcel, body } = recordsParcel(name, keys);
  return target.commit(parcel, stored(await target.stage(parcel, once(body), never())), never());
}

function recordsParcel(name: string, keys: readonly string[]): { parcel: Parcel; body: Uint8Array } {
  const lines = keys.map((key) =>
    JSON.stringify({
      resourceType: 'Patient',
      identifier: [{ system: SOURCE_SYSTEM, value: key }],
      birthDate: '1970-01-01',
    }),
  );
  const body = utf8(`${lines.join('\n')}\n`);
  const mediaType = 'application/fhir+ndjson';
  return { parcel: { key: name, path: `${name}.csv`, shape: 'records', mediaType, sizeBytes: body.byteLength }, body };
}

async function keyAt(target: Target, targetId: string): Promise<string | undefined> {
  return keyIn(await joined(target.read(targetId, 0, never())));
}

function keyIn(content: Uint8Array): string | undefined {
  const resource = JSON.parse(new TextDecoder().decode(content)) as {
    readonly identifier?: readonly { readonly system?: string; readonly value?: string }[];
  };
  return resource.identifier?.find((each) => each.system === SOURCE_SYSTEM)?.value;
}

function keysOf(receipt: Receipt): readonly string[] {
  return (receipt.parts ?? []).map((part) => part.key);
}

/** As the host's database would hand it back. */
function stored(staged: Staged): Staged {
  return JSON.parse(JSON.stringify(staged)) as Staged;
}
