/** The explorer works without a network, and asks nobody but the gateway for anything. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openToyHouse, type ToyHouse } from '../federation/support/house.ts';

describe('the explorer page', () => {
  let house: ToyHouse;
  let html: string;
  let policy: string;
  beforeAll(async () => {
    house = await openToyHouse('embedded');
    const response = await fetch(house.gateway.url, { headers: { accept: 'text/html,*/*' } });
    expect(response.status).toBe(200);
    policy = response.headers.get('content-security-policy') ?? '';
    html = await response.text();
  });
  afterAll(() => house.close());

  test('is shown to whoever asks for HTML, without an identity and without patient data', () => {
    expect(html).toContain('YogaGraphiQL.renderYogaGraphiQL');
    expect(html).toContain('"endpoint":"/graphql"');
    expect(html).toContain('"subscriptionsProtocol":"WS"');
  });

  test('holds no address of another place, only names that look like one', () => {
    const addresses = [...html.matchAll(/\b(?:https?|wss?|ftp):\/\/([a-z0-9-]+(?:\.[a-z0-9-]+)+)/gi)].map(
      ([, host]) => host,
    );
    expect(new Set(addresses)).toEqual(new Set(['nowhere.invalid', 'www.w3.org', 'json-schema.org']));
    const named =
      /https?:\/\/www\.w3\.org\/(?:2000\/svg|1998\/Math\/MathML|1999\/(?:xlink|xhtml)|XML\/1998\/namespace|TR\/)/;
    for (const [address] of html.matchAll(/https?:\/\/www\.w3\.org\/[\w/.-]*/g)) expect(address).toMatch(named);
  });

  test('loads nothing: no element and no style sheet points anywhere', () => {
    const markup = html.replace(/<script>[\s\S]*?<\/script>/g, '');
    expect(markup).not.toMatch(/\bsrc\s*=|<iframe|<object|<embed|@import/i);
    for (const [, target] of markup.matchAll(/\bhref\s*=\s*["']([^"']*)/gi)) expect(target).toMatch(/^data:/);
    for (const [, target] of markup.matchAll(/url\(\s*["']?([^"')]*)/gi)) expect(target).toMatch(/^(data:|#|$)/);
  });

  test('is held by its policy to its own scripts and its own origin', () => {
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline/);
    const scripts = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script = '']) => script);
    expect(scripts.length).toBeGreaterThan(1);
    for (const script of scripts) expect(policy).toContain(createHash('sha256').update(script).digest('base64'));
  });

  test('takes the token from the address, hides it, and sends it along by itself', async () => {
    const [, script = ''] = /<script>([\s\S]*?)<\/script>/.exec(html) ?? [];
    const sent: unknown[] = [];
    const page = {
      location: {
        hash: '#token=abc.def',
        pathname: '/graphql',
        search: '',
        href: 'http://127.0.0.1:1/graphql',
        host: '127.0.0.1:1',
      },
      history: { replaceState: (...given: unknown[]) => sent.push(['history', ...given]) },
      WebSocket: class {
        url = 'ws://127.0.0.1:1/graphql';
        send(data: unknown) {
          sent.push(['socket', data]);
        }
      },
      globalThis: {
        fetch: (resource: unknown, options: { headers?: Headers }) =>
          sent.push(['fetch', resource, options.headers?.get('authorization')]),
      },
    };
    new Function(...Object.keys(page), script)(...Object.values(page));
    await page.globalThis.fetch('/graphql', {});
    await page.globalThis.fetch('https://elsewhere.example/', {});
    new page.WebSocket().send('{"type":"connection_init"}');
    new page.WebSocket().send('{"type":"ping"}');
    expect(sent).toEqual([
      ['history', null, '', '/graphql'],
      ['fetch', '/graphql', 'Bearer abc.def'],
      ['fetch', 'https://elsewhere.example/', undefined],
      ['socket', '{"type":"connection_init","payload":{"authorization":"Bearer abc.def"}}'],
      ['socket', '{"type":"ping"}'],
    ]);
  });
});
