#!/usr/bin/env node
// Starts a connector: copies the template into a new folder and gives it its name. Nothing is fetched.
//   node plugins/create/create.mjs NAME --sdk file:SDK.tgz
// Once this and the SDK are published: npm create waybill-connector NAME
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const NAME = /^[a-z][a-z0-9-]*[a-z0-9]$/;
const TEMPLATE = join(import.meta.dirname, 'template');
const SDK_DEFAULT = '^1.0.0';

const given = process.argv.slice(2);
const at = given.indexOf('--sdk');
const sdk = at < 0 ? SDK_DEFAULT : given.splice(at, 2)[1];
const [name = ''] = given;
const id = name.replace(/^waybill-connector-/, '');
const folder = resolve(`waybill-connector-${id}`);

if (!NAME.test(id) || !sdk) refuse('usage: npm create waybill-connector NAME; a name is lower-case words with hyphens');
if (existsSync(folder)) refuse(`${folder} is there already; take another name or move it away`);

cpSync(TEMPLATE, folder, { recursive: true });
// npm leaves files of these names out of packages.
renameSync(join(folder, 'gitignore'), join(folder, '.gitignore'));
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = join(entry.parentPath, entry.name);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replaceAll('__ID__', id).replaceAll('__SDK__', sdk));
}
process.stdout.write(`${folder}\n\n  cd waybill-connector-${id}\n  npm install\n  npm test\n`);

function refuse(message) {
  process.stderr.write(`${message}\n`);
  process.exit(3);
}
