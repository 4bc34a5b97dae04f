/** Receivers for the conformance kit: TLS both ways, a network that breaks, and answers that nobody should believe. */
import { join } from 'node:path';
import { startTcpProxy, type Harness, type ItemForm, type Trouble } from '@waybill/connector-sdk/conformance';
import { sandboxCertificates, type Clock } from '../../peers/certificates.ts';
import { type MllpFault, startMllpReceiver } from '../../peers/mllp-receiver.ts';

/** Nobody listens on it: TCPMUX. */
const DEAD_PORT = 1;
const LONG_AGO_MS = 400 * 86_400_000;
const clock: Clock = { now: () => new Date(performance.timeOrigin + performance.now()) };
const longAgo: Clock = { now: () => new Date(clock.now().getTime() - LONG_AGO_MS) };

const items: ItemForm = {
  mediaType: 'x-application/hl7-v2+er7',
  item: (name, note) => {
    const header = `MSH|^~\\&|WARD|SITE|LAB|SITE|20260101||ORU^R01|${name}|P|2.5.1`;
    return new TextEncoder().encode(`${header}\rPID|1||0042||${note}\r`);
  },
};

export const harness: Harness = {
  package: join(import.meta.dirname, '..'),
  items,
  troubles: [
    'lost-commit',
    'silence',
    'unreachable',
    'telling-failure',
    'refused',
    'other-answered',
    'garbled',
    'expired-certificate',
    'unknown-authority',
    'wrong-name',
  ],
  cannot: {
    items: 'what it lists was sent to it, as messages; test/plugins/hl7-mllp/kept.test.ts keeps these promises',
    cut: 'what comes back are acknowledgements of a few bytes; a broken one is acknowledged.garbled',
    'cut-upload': 'nothing is sent before the commit, where it is the trouble of a lost commit',
    slow: 'an acknowledgement is a few bytes; test/plugins/hl7-mllp has one that comes byte by byte',
    'stored-short': 'nothing can be read back, so nobody could see it',
  },
  open: async () => {
    const [certificates, ours, strangers] = await Promise.all([
      sandboxCertificates(clock),
      sandboxCertificates(clock, 'Sender'),
      sandboxCertificates(clock, 'Stranger'),
    ]);
    const receiver = await startMllpReceiver({ certificates, clientAuthority: ours.authority });
    const proxy = await startTcpProxy(receiver.port);
    const others: { close(): Promise<void> }[] = [proxy, receiver];
    const trust = { ca: certificates.authority };
    const config = { host: '127.0.0.1', port: proxy.port, ...trust, acknowledgeSeconds: 60, inDoubt: 'send-again' };
    const impersonate = async (by: Clock, host = '127.0.0.1') => {
      const theirs = host === '127.0.0.1' ? await sandboxCertificates(by, 'Somebody else') : certificates;
      const impostor = await startMllpReceiver({ certificates: theirs, host });
      others.push(impostor);
      return { config: { ...config, host, port: impostor.port }, authority: theirs.authority };
    };
    return {
      config,
      secrets: { clientCertificate: ours.certificate, clientKey: ours.privateKey },
      wrongSecrets: { clientCertificate: strangers.certificate, clientKey: strangers.privateKey },
      held: async () => receiver.kept.map((bytes, at) => ({ path: String(at), bytes })),
      trouble: async (trouble) => {
        if (trouble.kind === 'unreachable') return { ...config, port: DEAD_PORT };
        if (trouble.kind === 'silence') return proxy.silence();
        if (trouble.kind === 'unknown-authority') return (await impersonate(clock)).config;
        if (trouble.kind === 'wrong-name') return (await impersonate(clock, '127.0.0.2')).config;
        if (trouble.kind === 'expired-certificate') {
          const impostor = await impersonate(longAgo);
          return { ...impostor.config, ca: impostor.authority };
        }
        receiver.plant(faultOf(trouble));
        return config;
      },
      over: async () => {
        proxy.mend();
        receiver.mend();
      },
      remove: async () => {
        for (const each of others) await each.close();
      },
    };
  },
};

function faultOf(trouble: Trouble): MllpFault {
  switch (trouble.kind) {
    case 'lost-commit':
      return { kind: 'close', landed: trouble.landed };
    case 'refused':
      return { kind: 'refuse', code: 'AE' };
    case 'telling-failure':
      return { kind: 'refuse', code: 'AE', words: trouble.words };
    case 'other-answered':
      return { kind: 'other-id' };
    case 'garbled':
      return { kind: 'half-answer' };
    default:
      throw new Error(`there is no trouble of the kind ${trouble.kind} over MLLP`);
  }
}
