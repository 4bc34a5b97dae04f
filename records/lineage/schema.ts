/** The shape of a lineage map; schema/lineage.v1.json is this, published. */
import { z } from 'zod';
import { DATE_SHAPES, EQUIVALENCES, MAPPED_FORMATS, type LineageMap, type Rule } from './language.ts';

/** Grammar of a target: element names with list positions. */
export const TARGET_PATH = /^[a-z][A-Za-z0-9]*(?:\[\d{1,3}\])?(?:\.[a-z][A-Za-z0-9]*(?:\[\d{1,3}\])?)*$/;
export const RESOURCE_TYPE = /^[A-Z][A-Za-z]+$/;

const RULES_MAX = 1000;

const target = z.string().regex(TARGET_PATH).describe('A FHIR element path, for example name[0].family');
const source = z.string().min(1).describe('A source path: PID-5.1, or the name of a column');
const template = z.string().min(1).describe('Text with source paths in braces');
const type = z.string().regex(RESOURCE_TYPE).describe('A FHIR resource type');
const zone = z.string().min(1).describe('An IANA time zone or an offset such as -05:00');

const condition = z.union([
  source,
  z.strictObject({
    from: source,
    present: z.boolean().optional(),
    in: z.array(z.string()).min(1).optional(),
    notIn: z.array(z.string()).min(1).optional(),
  }),
]);
const when = z.array(condition).min(1);
const taking = {
  to: target,
  from: source,
  when: when.optional(),
  required: z.boolean().optional(),
  ignore: z.array(z.string()).optional(),
  repeats: z.string().optional(),
  optional: z.boolean().optional(),
};

const rule: z.ZodType<Rule> = z.lazy(() =>
  z.discriminatedUnion('do', [
    z.strictObject({ do: z.literal('copy').optional(), ...taking }),
    z.strictObject({ do: z.literal('trim'), ...taking }),
    z.strictObject({
      do: z.literal('constant'),
      to: target,
      value: z.union([z.string(), z.number(), z.boolean()]),
      when: when.optional(),
    }),
    z.strictObject({
      do: z.literal('date'),
      ...taking,
      shapes: z.array(z.enum(DATE_SHAPES)).min(1),
      as: z.enum(['date', 'dateTime']),
      zone: zone.optional(),
    }),
    z.strictObject({
      do: z.literal('code'),
      ...taking,
      map: z.string(),
      part: z.enum(['code', 'display', 'system']).optional(),
    }),
    z.strictObject({
      do: z.literal('template'),
      to: target,
      template,
      when: when.optional(),
      required: z.boolean().optional(),
    }),
    z.strictObject({
      do: z.literal('split'),
      ...taking,
      at: z.string().min(1),
      part: z.number().int().min(1).optional(),
    }),
    z.strictObject({ do: z.literal('number'), ...taking }),
    z.strictObject({ do: z.literal('quantity'), ...taking, unit: source.optional() }),
    z.strictObject({ do: z.literal('reference'), to: target, type, key: template, when: when.optional() }),
    z.strictObject({
      do: z.literal('each'),
      to: target,
      forEach: z.string().min(1),
      rules: z.array(rule).min(1).max(RULES_MAX),
      when: when.optional(),
    }),
    z.strictObject({ do: z.literal('refuse'), code: z.string().min(1), message: z.string().min(1), when }),
  ]),
);

const codeMap = z.strictObject({
  from: z.string().min(1),
  to: z.string().min(1),
  codes: z.record(
    z.string().min(1),
    z.strictObject({
      code: z.string().min(1),
      display: z.string().optional(),
      equivalence: z.enum(EQUIVALENCES),
    }),
  ),
});

export const lineageMapSchema: z.ZodType<LineageMap> = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  format: z.enum(MAPPED_FORMATS),
  description: z.string().optional(),
  critical: z.array(z.string().regex(/^[A-Z][A-Za-z]+\.[a-z][A-Za-z0-9.]*$/)),
  zone: zone.optional(),
  messages: z
    .array(z.string().regex(/^[A-Z0-9]{3}\^[A-Z0-9]{3}$/))
    .min(1)
    .optional(),
  codeMaps: z.record(z.string(), codeMap).optional(),
  records: z
    .array(
      z.strictObject({
        type,
        forEach: z.string().min(1).optional(),
        key: template,
        parent: template.optional(),
        rules: z.array(rule).min(1).max(RULES_MAX),
      }),
    )
    .min(1)
    .optional(),
  copyResource: z.strictObject({ keys: z.record(z.string().regex(RESOURCE_TYPE), template).optional() }).optional(),
  exclusions: z.array(z.strictObject({ from: source, reason: z.string().min(1) })).optional(),
});

/** The published contract, as JSON Schema draft 2020-12. */
export function lineageJsonSchema(): object {
  const { $schema, ...body } = z.toJSONSchema(lineageMapSchema, { io: 'input' });
  return {
    $schema,
    $id: 'urn:waybill:schema:lineage.v1',
    title: 'Waybill lineage map, version 1',
    ...body,
  };
}
