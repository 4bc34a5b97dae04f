/** Lanes: a bounded number of items at work at once, however many there are. */

/** Says to all lanes of a job that they are to take no further item. */
export interface Halt {
  readonly isCalled: boolean;
}

/** Works through `items`. After a failure nothing new is begun; what is under way ends, then the failure is thrown. */
export async function inLanes<T>(
  items: AsyncIterable<T>,
  lanes: number,
  halt: Halt,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    while (failures.length === 0 && !halt.isCalled) {
      try {
        const next = await iterator.next();
        if (next.done === true) return;
        await work(next.value);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  await iterator.return?.();
  if (failures.length > 0) throw failures[0];
}
