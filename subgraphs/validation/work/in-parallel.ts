/** Several things at once, never more than a limit. */

/** Runs `work` on every value, at most `limit` at a time. The first failure stops the taking and is thrown. */
export async function inParallel<T>(
  values: AsyncIterable<T>,
  limit: number,
  work: (value: T) => Promise<void>,
): Promise<void> {
  const iterator = values[Symbol.asyncIterator]();
  let isStopped = false;
  // One at a time takes the next value: an async generator hands out one anyway.
  const lane = async (): Promise<void> => {
    while (!isStopped) {
      const next = await iterator.next();
      if (next.done === true) return;
      await work(next.value);
    }
  };
  const lanes = Array.from({ length: Math.max(1, limit) }, () =>
    lane().catch((error: unknown) => {
      isStopped = true;
      throw error;
    }),
  );
  const results = await Promise.allSettled(lanes);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed === undefined) return;
  await iterator.return?.();
  throw failed.reason;
}
