/** The parameters of a call, in the forms public clients send: plain, or XML of fields. */
import type { Action, Parameter, Parameters } from './actions.ts';

/** Inputs that were not given are not sent. */
export function parametersOf(action: Action, inputs: Readonly<Record<string, string>>): Parameters {
  const parameters: Partial<Record<Parameter, string>> = {};
  const fields: [string, string][] = [];
  for (const [input, { parameter, field }] of Object.entries(action.inputs)) {
    const value = inputs[input];
    if (value === undefined) continue;
    if (field === undefined) parameters[parameter] = value;
    else fields.push([field, value]);
  }
  if (action.xml !== undefined) parameters[action.xml.parameter] = xmlOf(action.xml, fields);
  return parameters;
}

type Xml = NonNullable<Action['xml']>;

export function xmlOf({ root, element }: Xml, fields: readonly (readonly [string, string])[]): string {
  const set = element === 'problem' ? (fields.find(([name]) => name === SET)?.[1] ?? '0') : '';
  const lines = fields.map(([name, value]) => {
    if (element !== 'problem') return `<${element} name="${attribute(name)}" value="${attribute(value)}"/>`;
    if (name === SET) return '';
    const [field = '', of] = name.split('/');
    const part = of === undefined ? '' : ` attributeid="${attribute(of)}"`;
    const named = `setid="${attribute(set)}" fieldid="${attribute(field)}"${part}`;
    return `<saveproblemsdata ${named} value1="${attribute(value)}"/>`;
  });
  return `<${root}>${lines.join('')}</${root}>`;
}

/** Stands on every element of a problem instead of being one. */
const SET = 'setid';

/** XML 1.0: white space in an attribute is kept only as a character reference. */
function attribute(text: string): string {
  return text.replace(/[&<>"\t\n\r]/g, (each) => `&#${each.charCodeAt(0)};`);
}
