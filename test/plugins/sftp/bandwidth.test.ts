import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NO_CAPS } from '../../../kernel/bandwidth.ts';
import { systemClock } from '../../../kernel/clock.ts';
import { Bandwidth } from '../../../runtime/bandwidth.ts';
import { never, parcel, whole } from '../host/house.ts';
import { describeWithOpenssh, enterSftpHouse, type SftpHouse } from './server.ts';

const CAP = 4 * 1024 * 1024;

describeWithOpenssh('SFTP under a cap', () => {
  const ledger: number[] = [];
  let house: SftpHouse;
  beforeAll(async () => {
    const bandwidth = new Bandwidth({ clock: systemClock });
    house = await enterSftpHouse([], {
      connection(route, rules) {
        const { isCapped, pieces, close } = bandwidth.connection(route, rules);
        const counted = async function* (bytes: Uint8Array, signal: AbortSignal) {
          for await (const piece of pieces(bytes, signal)) {
            ledger.push(piece.byteLength);
            yield piece;
          }
        };
        return { isCapped, pieces: counted, close };
      },
    });
  });
  afterAll(() => house.leave());

  test('every byte written to OpenSSH and read from it is in the ledger once, and arrives', async () => {
    const root = await house.root();
    const rules = { ...NO_CAPS, route: { bytesPerSecondMax: CAP, hours: [] } };
    const target = await house.host.target({ ...house.endpoint(root), traffic: { route: 'mig', rules } }, never());
    const bytes = randomBytes(2 * 1024 * 1024 + 7);
    const one = parcel('a', bytes.byteLength);
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes;
    };
    const { targetId } = await target.commit(one, await target.stage(one, chunks(), never()), never());
    const counted = () => ledger.reduce((sum, each) => sum + each, 0);
    expect(counted()).toBe(bytes.byteLength);
    expect((await readFile(join(root, 'a'))).equals(bytes)).toBe(true);
    expect((await whole(target.read(targetId, 0, never()))).equals(bytes)).toBe(true);
    expect(counted()).toBe(2 * bytes.byteLength);
    expect(Math.max(...ledger)).toBeLessThanOrEqual(CAP / 4);
  });
});
