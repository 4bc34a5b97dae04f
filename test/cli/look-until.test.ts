/** How a command waits for what goes on in the house. */
import { expect, test } from '@jest/globals';
import type { House } from '../../cli/house.ts';
import { lookUntil } from '../../cli/look-until.ts';

function houseWith(listeners: Set<() => void>): House {
  const onNews = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return { onNews } as unknown as House;
}

test('it looks again after what is told, until there is an answer, and listens no longer', async () => {
  const listeners = new Set<() => void>();
  let looks = 0;
  const answer = await lookUntil(houseWith(listeners), async () => {
    looks += 1;
    for (const listener of listeners) listener();
    return looks === 3 ? 'the answer' : undefined;
  });
  expect([answer, looks, listeners.size]).toEqual(['the answer', 3, 0]);
});

test('it looks again when nothing is told at all', async () => {
  let looks = 0;
  expect(await lookUntil(houseWith(new Set()), async () => (++looks === 2 ? looks : undefined))).toBe(2);
});

test('what makes waiting useless ends it', async () => {
  const listeners = new Set<() => void>();
  const look = () => Promise.reject(new Error('the work has stopped'));
  await expect(lookUntil(houseWith(listeners), look)).rejects.toThrow('the work has stopped');
  expect(listeners.size).toBe(0);
});
