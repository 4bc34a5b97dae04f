/** What another connector may use of this one: files of an SFTP server, by the same trust and over the same links. */
export { commitFile, lookAt } from './commit.ts';
export { SECRETS } from './credentials.ts';
export { facts } from './facts.ts';
export { explain, hasStatus } from './failure.ts';
export { Root } from './root.ts';
export { settings } from './settings.ts';
export { readInside } from './source.ts';
export { walk } from './walk.ts';
export { STATUS } from './wire.ts';
export { writeHidden } from './write.ts';
