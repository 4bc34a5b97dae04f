import { Fault } from '../../kernel/fault.ts';
import { pathProblem } from '../sdk/index.ts';

/** Fails with PATH_REFUSED unless `path` stays inside the root it is relative to. */
export function requireSafePath(path: string): void {
  const problem = pathProblem(path);
  if (problem === undefined) return;
  throw new Fault({
    code: 'PATH_REFUSED',
    retry: 'permanent',
    message: `the path ${JSON.stringify(path)} is refused: ${problem}; rename the item or exclude it`,
    subject: path,
  });
}
