/** A connector that does what its settings tell it to, and nothing good. */
import { ABUSES } from './abuses.js';
import { attemptAll } from './escapes.js';

const able = { resumeRead: true, listing: true, charts: true, remoteDigest: false, concurrencyMax: 4 };
const capabilities = { ...able, shapes: ['records'] };

async function* listed({ listing }) {
  if (listing === 'lies about sizes') yield { path: 'a.txt', sizeBytes: -5 };
  else if (listing === 'lists a path that leads out') yield { path: '../a.txt', sizeBytes: 5 };
  else if (listing === 'lists what is nothing') yield null;
  else if (listing === 'pollutes what all objects share')
    yield JSON.parse('{"path":"a.txt","sizeBytes":5,"__proto__":{"polluted":"yes"},"constructor":{"prototype":1}}');
  else yield { path: 'a.txt', sizeBytes: 5 };
}

async function* recordsOf(...asked) {
  for (const key of asked.flat()) yield { targetId: `Condition/${key}`, key, content: Buffer.from(`{"of":"${key}"}`) };
}

async function* noise(context) {
  for (let at = 0; at < 5_000; at++) {
    for (let line = 0; line < 50; line++) context.log('noise', { at, line });
    yield Buffer.from('noise');
  }
}

function say(fact, context, { lines = 0 }) {
  for (let at = 0; at < lines; at++) context.log(fact, { at });
}

async function* bytesOf(abuse, context, config) {
  if (abuse === 'logs without end') yield* noise(context);
  const done = ABUSES[abuse]?.(context, config);
  if (done?.[Symbol.asyncIterator] !== undefined) yield* done;
  else await done;
  yield Buffer.from('sound');
}

/** Each of them another one, all as long. */
async function* pages(targetId) {
  for (let at = 0; at < 40; at++) yield Buffer.from(`${targetId} ${at} `.padEnd(100_000, '.'));
}

const targetOf = () => ({
  read: (targetId) => pages(targetId),
  close: async () => {},
  listing: {
    records: (type) => recordsOf(type),
    recordsByKey: (type, keys) => recordsOf(type, keys),
    chart: (targetId, types) => recordsOf(targetId, types),
  },
});

export default {
  ...{ apiVersion: 1, id: 'hostile', title: 'Hostile', version: '1.0.0', roles: ['source', 'target'] },
  ...{ secrets: ['word', 'other'], capabilities },
  config: { '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value }) } },
  check: async (config, context) => {
    if (config.lines === undefined) return attemptAll(config, context);
    say('checked', context, config);
    return {};
  },
  openSource: async (config, context) => ({
    list: () => listed(config),
    read: (path) => bytesOf(path, context, config),
    close: async () => say('closed', context, config),
  }),
  openTarget: async (config, context) => {
    say('not opened', context, config);
    if (config.lines !== undefined) throw new Error('not today');
    return targetOf();
  },
};
