/** JSONata, for what the other transforms cannot say; bounded in time and depth. */
import jsonata from 'jsonata';
import type { Json } from '../../kernel/canonical-json.ts';

export const EXPRESSION_CHARACTERS_MAX = 2000;
/** Function calls inside one evaluation; a loop that does not end is cut off here. */
const STEPS_MAX = 100_000;
const DEPTH_MAX = 200;
/** What JSONata calls around each step; its types only know names. */
const ENTRY = Symbol.for('jsonata.__evaluate_entry') as unknown as string;
const EXIT = Symbol.for('jsonata.__evaluate_exit') as unknown as string;

export type Evaluate = (values: Readonly<Record<string, string | undefined>>) => Promise<Json | undefined>;

/** Why an expression is none; undefined where it can be compiled. */
export function expressionProblem(expression: string): string | undefined {
  try {
    jsonata(expression);
    return undefined;
  } catch (error) {
    const { code = 'unknown', position = 0 } = error as { code?: string; position?: number };
    return `is no JSONata expression: ${code} at character ${position}`;
  }
}

/** The evaluation rejects where the expression fails or goes beyond its limits. */
export function compileExpression(text: string): Evaluate {
  return async (values) => {
    // An expression keeps its bindings, so that each evaluation has one of its own.
    const expression = jsonata(text);
    let steps = 0;
    let depth = 0;
    expression.assign(ENTRY, () => {
      steps += 1;
      depth += 1;
      if (steps > STEPS_MAX || depth > DEPTH_MAX) throw new Error('beyond the limits of an expression');
    });
    expression.assign(EXIT, () => {
      depth -= 1;
    });
    const result: unknown = await expression.evaluate(values);
    return result === undefined || result === null ? undefined : (JSON.parse(JSON.stringify(result)) as Json);
  };
}
