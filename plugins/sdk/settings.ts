/** Settings that are texts, described as data: enough for most connectors, and a Standard Schema like any other. */
import type { StandardSchema } from './standard-schema.ts';

export interface TextSetting {
  /** What it is, for whoever fills it in. */
  readonly help: string;
  readonly optional?: boolean | undefined;
  /** What the whole text must look like. */
  readonly pattern?: RegExp | undefined;
}

type Fields = { readonly [name: string]: TextSetting };
export type Settings<F extends Fields> = {
  readonly [Name in keyof F]: F[Name] extends { readonly optional: true } ? string | undefined : string;
};

/** A schema that takes exactly these settings; it refuses by name, says what is expected, and quotes nothing. */
export function settingsOf<const F extends Fields>(fields: F): StandardSchema<Settings<F>> {
  return {
    '~standard': {
      version: 1,
      vendor: 'waybill',
      validate: (value) => {
        if (typeof value !== 'object' || value === null || Array.isArray(value)) {
          return { issues: [{ message: 'the settings must be an object' }] };
        }
        const given = value as Readonly<Record<string, unknown>>;
        const unknown = Object.keys(given).filter((name) => !Object.hasOwn(fields, name));
        const issues = [
          ...unknown.map((name) => ({ message: 'there is no such setting', path: [name] })),
          ...Object.entries(fields).flatMap(([name, field]) => {
            const message = problemOf(given[name], field);
            return message === undefined ? [] : [{ message, path: [name] }];
          }),
        ];
        return issues.length > 0 ? { issues } : { value: { ...given } as Settings<F> };
      },
    },
  };
}

function problemOf(value: unknown, { help, optional, pattern }: TextSetting): string | undefined {
  if (value === undefined) return optional === true ? undefined : `it is missing: ${help}`;
  if (typeof value !== 'string' || value === '') return `it must be a text: ${help}`;
  const isWhole = pattern === undefined || new RegExp(`^(?:${pattern.source})$`, pattern.flags).test(value);
  return isWhole ? undefined : `it does not look as it must: ${help}`;
}
