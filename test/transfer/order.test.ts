/** Receivers that go by the order of what they get: drop folders, and those that messages are sent to. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Parcel } from '../../plugins/sdk/index.ts';
import type { TransferContext } from '../../subgraphs/transfer/work/context.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { Rig } from './rig.ts';

const FILES = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`m${10 + at}.hl7`, 'MSH|']));

/** A context that says which parcel is about to be staged or committed, and that it was. */
function tellingOrder(context: TransferContext, tell: (act: string) => void): TransferContext {
  const target: TransferContext['host']['target'] = async (endpoint, signal) => {
    const opened = await context.host.target(endpoint, signal);
    const told = async <T>(act: string, { path }: Parcel, work: () => Promise<T>): Promise<T> => {
      tell(`${act} ${path}`);
      const done = await work();
      tell(`${act} ${path}: done`);
      return done;
    };
    return {
      ...opened,
      stage: (parcel, ...given) => told('stage', parcel, () => opened.stage(parcel, ...given)),
      commit: (parcel, ...given) => told('commit', parcel, () => opened.commit(parcel, ...given)),
    };
  };
  return { ...context, host: { source: (...given) => context.host.source(...given), target } };
}

onEveryDialect('a policy that moves one item at a time', (dialect) => {
  let place: Place;
  beforeEach(async () => {
    place = await dialect.enter();
  });
  afterEach(() => place.leave());

  test('places items in the order of the manifest, and begins none before the one before is placed', async () => {
    const policy = { approval: { launch: 'not-required' }, transfer: { concurrency: 1 } };
    const rig = await Rig.open(place, { policy });
    await rig.declare({ name: 'messages', files: FILES });
    await rig.launch();
    const acts: string[] = [];
    const context = tellingOrder(rig.context, (act) => acts.push(act));
    for (let done = await rig.workOnce(context); done !== undefined; done = await rig.workOnce(context)) {
      expect(done).toEqual({});
    }
    const manifest = (await rig.manifest('messages')).map(({ path }) => path);
    expect(manifest).toEqual(Object.keys(FILES));
    const inTurn = (path: string) => [`stage ${path}`, `commit ${path}`].flatMap((act) => [act, `${act}: done`]);
    expect(acts).toEqual(manifest.flatMap(inTurn));
  });
});
