/** The shape of a lineage map; schema/lineage.v1.json is this, published. */
import { z } from 'zod';
import {
  DEPARTED_FROM,
  DEPARTURE_KINDS,
  EQUIVALENCES,
  MAPPED_FORMATS,
  MINIMA,
  NO_AS_OF,
  ON_NO_MAP,
  type LineageMap,
} from './language.ts';
import { TARGET_FORMS } from './lineage.ts';
import { EXPRESSION_CHARACTERS_MAX } from './expression.ts';
import { DATE_SHAPES, DATE_TARGETS, type Condition, type Rule } from './rule.ts';

/** Grammar of a target: element names with list positions, or the element under construction itself. */
export const TARGET_PATH = /^(?:\.|_?[a-z][A-Za-z0-9]*(?:\[\d{1,3}\])?(?:\._?[a-z][A-Za-z0-9]*(?:\[\d{1,3}\])?)*)$/;
/** The same, with a list to be filled at its end. */
const SHAPE_TARGET = /^(?:\.|_?[a-z][A-Za-z0-9]*(?:\[\d{1,3}\])?(?:\._?[a-z][A-Za-z0-9]*(?:\[\d{1,3}\])?)*(?:\[\])?)$/;
export const RESOURCE_TYPE = /^[A-Z][A-Za-z]+$/;
const DEPARTURE_FIELD = /^(?:[A-Z][A-Za-z]+|\/\/_?[a-z][A-Za-z0-9]*)(?:\._?[a-z][A-Za-z0-9]*)*$/;

const CODE_MAP_NAMED = /^[a-z0-9][a-z0-9.-]*@\S+$/;
const CODE_MAP_REFERENCE = /^(?:sha256:[0-9a-f]{64}|[a-z0-9][a-z0-9.-]*@\S+)$/;

const RULES_MAX = 1000;

const target = z.string().regex(TARGET_PATH).describe('A FHIR element path, for example name[0].family');
const source = z.string().min(1).describe('A source path: PID-5.1, the name of a column, code/@code, name.family');
const template = z.string().min(1).describe('Text with source paths in braces');
const templates = z.union([template, z.array(template).min(1)]);
const type = z.string().regex(RESOURCE_TYPE).describe('A FHIR resource type');
const zone = z.string().min(1).describe('An IANA time zone or an offset such as -05:00');

const condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    source,
    z.strictObject({
      from: source,
      present: z.boolean().optional(),
      in: z.array(z.string()).min(1).optional(),
      notIn: z.array(z.string()).min(1).optional(),
      startsWith: z.array(z.string().min(1)).min(1).optional(),
      longerThan: z.number().int().min(0).optional(),
    }),
    z.strictObject({ any: z.array(condition).min(1) }),
  ]),
);
const when = z.array(condition).min(1);
const taking = {
  to: target,
  from: z.union([source, z.array(source).min(1)]),
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
      as: z.enum(DATE_TARGETS),
      zone: zone.optional(),
      plusMinutes: source.optional(),
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
    z.strictObject({ do: z.literal('join'), ...taking, with: z.string() }),
    z.strictObject({ do: z.literal('number'), ...taking, whole: z.boolean().optional() }),
    z.strictObject({
      do: z.literal('boolean'),
      ...taking,
      yes: z.array(z.string()).min(1),
      no: z.array(z.string()).min(1),
    }),
    z.strictObject({ do: z.literal('quantity'), ...taking, unit: source.optional() }),
    z.strictObject({ do: z.literal('unit'), ...taking, unit: source, into: z.string().min(1) }),
    z.strictObject({
      do: z.literal('text'),
      ...taking,
      encoded: z.literal('base64').optional(),
      original: target.optional(),
    }),
    z.strictObject({ do: z.literal('base64'), ...taking, encoding: source.optional() }),
    z.strictObject({
      do: z.literal('jsonata'),
      to: target,
      with: z.record(z.string().regex(/^[a-z][A-Za-z0-9]*$/), source),
      expression: z.string().min(1).max(EXPRESSION_CHARACTERS_MAX),
      when: when.optional(),
    }),
    z.strictObject({
      do: z.literal('reference'),
      to: target,
      type,
      key: templates,
      display: template.optional(),
      when: when.optional(),
    }),
    z.strictObject({
      do: z.literal('shape'),
      shape: z.string().min(1),
      from: source,
      to: z.string().regex(SHAPE_TARGET),
      when: when.optional(),
    }),
    z.strictObject({
      do: z.literal('each'),
      to: target,
      forEach: z.string().min(1),
      together: z.array(source).min(1).optional(),
      rules: z.array(rule).min(1).max(RULES_MAX),
      when: when.optional(),
    }),
    z.strictObject({ do: z.literal('refuse'), code: z.string().min(1), message: z.string().min(1), when }),
  ]),
);

const ordinal = z.number().int().min(1);
const codeMapReference = z.strictObject({
  document: z
    .string()
    .regex(CODE_MAP_REFERENCE)
    .describe('sha256:DIGEST or name@version of a document that is handed in with the plan'),
  named: z.string().regex(CODE_MAP_NAMED).optional(),
  choose: z.strictObject({ scenario: ordinal, choice: ordinal, of: ordinal }).optional(),
  choices: z.record(z.string().min(1), z.string().min(1)).optional(),
  minimum: z.enum(MINIMA).optional(),
  onNoMap: z.enum(ON_NO_MAP).optional(),
});

const codeTable = z.strictObject({
  from: z.string().min(1),
  to: z.string().min(1),
  codes: z.record(
    z.string().min(1),
    z.strictObject({
      code: z.string().min(1),
      display: z.string().optional(),
      equivalence: z.enum(EQUIVALENCES),
      system: z.string().min(1).optional(),
    }),
  ),
});

const codeMap = z.union([codeTable, codeMapReference]);

const asOf = z
  .strictObject({
    from: z.union([source, z.array(source).min(1)]).optional(),
    shapes: z.array(z.enum(DATE_SHAPES)).min(1).optional(),
    sequence: source.optional(),
  })
  .describe('What tells versions of one record apart: the latest stands at the target');

const record = z.strictObject({
  type,
  forEach: z.string().min(1).optional(),
  when: when.optional(),
  once: z.boolean().optional(),
  asOf: z.union([asOf, z.literal(NO_AS_OF)]).optional(),
  key: templates,
  parent: templates.optional(),
  rules: z.array(rule).min(1).max(RULES_MAX),
});

const recordsOf = z.strictObject({
  shape: z.string().min(1),
  from: source,
  within: z.string().min(1).optional(),
  when: when.optional(),
});

const shape = z.strictObject({
  description: z.string().optional(),
  rules: z.array(rule).min(1).max(RULES_MAX).optional(),
  records: z.array(record).min(1).optional(),
  recordsOf: z.array(recordsOf).min(1).optional(),
});

const departure = z.strictObject({
  field: z.string().regex(DEPARTURE_FIELD).describe('Patient.name, or //coding.system for every path that ends so'),
  from: z.enum([...DEPARTED_FROM, '*']),
  kind: z.enum(DEPARTURE_KINDS),
  startsWith: z.string().min(1).optional(),
  segments: z
    .array(z.string().regex(/^[A-Z][A-Z0-9]{2}$/))
    .min(1)
    .optional(),
  reason: z.string().min(1),
});

export const lineageMapSchema: z.ZodType<LineageMap> = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  format: z.enum(MAPPED_FORMATS),
  target: z.enum(TARGET_FORMS).optional(),
  description: z.string().optional(),
  critical: z.array(z.string().regex(/^[A-Z][A-Za-z]+\.[a-z][A-Za-z0-9.]*$/)),
  zone: zone.optional(),
  messages: z
    .array(z.string().regex(/^[A-Z0-9]{3}\^[A-Z0-9]{3}$/))
    .min(1)
    .optional(),
  asOf: asOf.optional(),
  codeMaps: z.record(z.string(), codeMap).optional(),
  shapes: z.record(z.string().min(1), shape).optional(),
  records: z.array(record).min(1).optional(),
  recordsOf: z.array(recordsOf).min(1).optional(),
  copyResource: z.strictObject({ keys: z.record(z.string().regex(RESOURCE_TYPE), template).optional() }).optional(),
  departures: z.array(departure).optional(),
  exclusions: z.array(z.strictObject({ from: source, reason: z.string().min(1) })).optional(),
  preserves: z.strictObject({ timestamps: z.array(source), authorship: z.array(source) }).optional(),
});

/** What several maps share; see libraries.ts. */
export const shapeLibrarySchema = z.strictObject({
  description: z.string().optional(),
  shapes: z.record(z.string().min(1), shape),
  codeMaps: z.record(z.string(), codeMap).optional(),
  departures: z.array(departure).optional(),
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
