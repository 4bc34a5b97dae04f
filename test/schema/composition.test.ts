/** Composition says why it cannot, and what clients would lose. */
import { describe, expect, test } from '@jest/globals';
import { breakingChanges, compose } from '../../schema/composition.ts';

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])\n`;
const left = (fields: string): string =>
  `${LINK} type Query { one: Thing } type Thing @key(fields: "id") { ${fields} }`;
const right = `${LINK} type Query { two: Int } type Thing @key(fields: "id") { id: ID! size: Int }`;

const composed = (fields: string): string =>
  compose([
    { name: 'left', sdl: left(fields) },
    { name: 'right', sdl: right },
  ]).supergraph;

describe('composition', () => {
  test('gives the same text for the same subgraphs in any order', () => {
    const turned = compose([
      { name: 'right', sdl: right },
      { name: 'left', sdl: left('id: ID! name: String') },
    ]);
    expect(turned.supergraph).toBe(composed('id: ID! name: String'));
  });

  test('names every reason why subgraphs do not fit together', () => {
    expect(() => composed('id: ID! size: Int')).toThrow('INVALID_FIELD_SHARING');
    expect(() => composed('id: ID! size: String @shareable')).toThrow('size');
  });

  test('names what a client could ask before and cannot ask any more', () => {
    const before = composed('id: ID! name: String');
    expect(breakingChanges(before, composed('id: ID! name: String more: Int'))).toEqual([]);
    expect(breakingChanges(before, composed('id: ID!'))).toEqual(['Thing.name was removed.']);
  });
});
