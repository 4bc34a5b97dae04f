import { describe, expect, test } from '@jest/globals';
import { sizesIn, weightOf } from '../../../plugins/sftp/request-sizes.ts';

const KIB = 1024;

/** An answer to limits@openssh.com: the most of a packet, a read and a write, and of open handles. */
function answer(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 8);
  for (const [at, number] of numbers.entries()) bytes.writeBigUInt64BE(BigInt(number), at * 8);
  return bytes;
}

describe('The sizes of requests', () => {
  test('are what the server says it takes of a read and of a write', () => {
    const sizes = sizesIn(answer(256 * KIB, 100 * KIB, 20 * KIB, 1_000));
    expect(sizes).toEqual({ readBytes: 100 * KIB, writeBytes: 20 * KIB });
  });

  test('are what every server takes where it has no word on them', () => {
    expect(sizesIn(answer(0, 0, 0, 0))).toEqual({ readBytes: 32 * KIB, writeBytes: 32 * KIB });
  });

  test('are never so large that their answer could not be taken', () => {
    const sizes = sizesIn(answer(2 ** 40, 2 ** 40, 2 ** 40, 0));
    expect(sizes).toEqual({ readBytes: 255 * KIB, writeBytes: 255 * KIB });
  });

  test('are never so small that one file would take requests without number', () => {
    expect(sizesIn(answer(1, 1, 1, 0))).toEqual({ readBytes: 4 * KIB, writeBytes: 4 * KIB });
  });

  test.each([
    [0, 1],
    [1, 1],
    [32 * KIB, 1],
    [32 * KIB + 1, 2],
    [255 * KIB, 8],
  ])('of %i bytes weigh as much as %i small ones', (bytes, weight) => {
    expect(weightOf(bytes)).toBe(weight);
  });
});
