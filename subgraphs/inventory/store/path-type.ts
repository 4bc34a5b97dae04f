/** Paths are kept as their UTF-8 bytes: the same order on every database, whatever its collation. */
import { type Platform, type EntityProperty, Type } from '@mikro-orm/core';

export class PathType extends Type<string, Uint8Array> {
  override convertToDatabaseValue(path: string | Uint8Array): Uint8Array {
    return typeof path === 'string' ? Buffer.from(path, 'utf8') : path;
  }

  override convertToJSValue(bytes: Uint8Array | string): string {
    return typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8');
  }

  override getColumnType(_: EntityProperty, platform: Platform): string {
    return platform.getBlobDeclarationSQL();
  }
}
