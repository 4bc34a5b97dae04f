/** Templates to closures: text with values in braces. */
import { parseOrdinal, parseTemplate } from './path.ts';
import type { Source, ValueOf } from './source.ts';

/** The text of a template in a scope, its values trimmed; undefined where one that is not optional is missing. */
export function compileTemplate<Scope>(template: string, source: Source<Scope>): ValueOf<Scope> {
  const parts = (parseTemplate(template) ?? []).map((part): ValueOf<Scope> => {
    if ('text' in part) return () => part.text;
    const ordinal = parseOrdinal(part.path);
    if (ordinal !== undefined) return source.ordinal(ordinal);
    const read = source.value({ path: part.path, repeats: 'first' });
    const none = part.optional === true ? '' : undefined;
    return (scope, trouble) => read(scope, trouble)?.trim() || none;
  });
  return (scope, trouble) => {
    let text = '';
    for (const part of parts) {
      const value = part(scope, trouble);
      if (value === undefined) return undefined;
      text += value;
    }
    return text;
  };
}

/** The first complete one of several templates. */
export function compileTemplates<Scope>(templates: string | readonly string[], source: Source<Scope>): ValueOf<Scope> {
  if (typeof templates === 'string') return compileTemplate(templates, source);
  const each = templates.map((template) => compileTemplate(template, source));
  return (scope, trouble) => {
    for (const expand of each) {
      const text = expand(scope, trouble);
      if (text !== undefined) return text;
    }
    return undefined;
  };
}
