/** The page the demonstration's one URL opens, in a real browser: it asks nobody else for anything, and it works. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { temporaryFolders } from '../support/places.ts';
import { type Running, startWaybill } from '../support/waybill.ts';

const CHROMIUM = '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const PATIENCE_MS = 30_000;
const here = existsSync(CHROMIUM);
if (!here) process.stderr.write(`the explorer is not opened in a browser: there is no ${CHROMIUM}\n`);

/** What a page did: every address it asked for, and whatever it complained about. */
interface Watched {
  readonly page: Page;
  readonly asked: string[];
  readonly sockets: string[];
  readonly complaints: string[];
}

const folder = temporaryFolders();

/** A browser of its own, with nothing remembered; violations of the policy are complaints of the console. */
async function openBrowser(): Promise<{ readonly browser: BrowserContext; readonly watched: Watched }> {
  const options = { executablePath: CHROMIUM, headless: true, args: FLAGS, viewport: { width: 1280, height: 800 } };
  const browser = await chromium.launchPersistentContext(join(folder(), 'profile'), options);
  browser.setDefaultTimeout(PATIENCE_MS);
  const page = browser.pages()[0] ?? (await browser.newPage());
  const watched: Watched = { page, asked: [], sockets: [], complaints: [] };
  browser.on('request', (request) => watched.asked.push(request.url()));
  page.on('websocket', (socket) => watched.sockets.push(socket.url()));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) watched.complaints.push(message.text());
  });
  page.on('pageerror', (error) => watched.complaints.push(error.message));
  return { browser, watched };
}

const shown = (page: Page, pane: string) => page.locator(`.graphiql-${pane} .view-lines`);

/** What an editor shows, as one line; Monaco writes spaces that do not break. */
async function textOf(page: Page, pane: string): Promise<string> {
  return (await shown(page, pane).innerText()).replace(/\s+/g, ' ');
}

/** Pastes text into an editor in place of what it holds. */
async function write(page: Page, pane: 'query-editor' | 'editor-tool', text: string): Promise<void> {
  const lines = page.locator(`.graphiql-${pane} .view-lines:visible`);
  await lines.click();
  await page.keyboard.press('Control+A');
  await page.evaluate((pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', pasted);
    document.activeElement?.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
  }, text);
  const beginning = text.slice(0, 20).split(/\W+/).join('\\W+');
  await lines.filter({ hasText: new RegExp(`^${beginning}`) }).waitFor();
}

/** Runs the tab in front. Its title is the name of what will run, which follows what is written a moment later. */
async function run(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Execute query/ }).click();
}

/** Waits until the answer holds what is looked for, and gives all of it that is to be seen. */
async function answer(page: Page, pattern: RegExp): Promise<string> {
  await shown(page, 'response').filter({ hasText: pattern }).waitFor();
  return textOf(page, 'response');
}

(here ? describe : describe.skip)('the explorer in a browser', () => {
  let running: Running;
  let url: string;
  const browsers: BrowserContext[] = [];

  const open = async (address: string): Promise<Watched> => {
    const { browser, watched } = await openBrowser();
    browsers.push(browser);
    await watched.page.goto(address);
    await shown(watched.page, 'query-editor')
      .filter({ hasText: /Overview/ })
      .waitFor();
    return watched;
  };
  /** Nothing was asked of anybody but the gateway, and nothing was amiss. */
  const expectPeace = ({ asked, sockets, complaints }: Watched): void => {
    const { host } = new URL(url);
    const strangers = [...asked, ...sockets].filter((each) => new URL(each.replace(/^blob:/, '')).host !== host);
    expect({ strangers: strangers.filter((each) => !each.startsWith('data:')), complaints }).toEqual({
      strangers: [],
      complaints: [],
    });
  };

  beforeAll(async () => {
    const directory = folder();
    const arguments_ = ['demo', '--data', directory, '--patients', '60'];
    running = startWaybill(arguments_, { directory, environment: { PORT: '0' } });
    const output = await running.said(/The house stays open/);
    url = /http:\S+#token=\S+/.exec(output)?.[0] ?? '';
  });
  afterAll(async () => {
    for (const browser of browsers) await browser.close();
    running.process.kill('SIGTERM');
    await running.ended;
  });

  test('opens from the printed URL, hides the token, and says who is signed in', async () => {
    const watched = await open(url);
    const { page } = watched;
    expect(page.url()).toBe(url.replace(/#.*/, ''));
    await page.getByText(/^Signed in as olga-\d+$/).waitFor();
    expect(await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))).not.toContain(
      url.replace(/.*#token=/, ''),
    );
    expectPeace(watched);
  });

  test('can be read by a screen reader: a language, a title, a heading and landmarks', async () => {
    const { page } = await open(url);
    expect(await page.title()).toBe('Waybill explorer');
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    await page.getByRole('heading', { level: 1, name: 'Waybill' }).waitFor();
    await page.getByRole('banner').waitFor();
    await page.getByRole('main').waitFor();
    const unnamed = await page
      .locator('button:visible')
      .evaluateAll((all) => all.filter((each) => !each.ariaLabel && !each.textContent?.trim()).length);
    expect(unnamed).toBe(0);
  });

  test('shows, for the query it begins with, what all five subgraphs know of the demonstration', async () => {
    const watched = await open(url);
    await run(watched.page);
    const text = await answer(watched.page, /"name":\s"demonstration"/);
    expect(text).toMatch(/"eligible": 147.*"cutover": \{ "verdict": "NO_GO".*"auditTrail": \{ "totalCount": \d+/);
    expectPeace(watched);
  });

  test('runs what is written into the editor', async () => {
    const watched = await open(url);
    const query = 'query Mine { batches(first: 1) { nodes { state dataset { tier } exceptions { totalCount } } } }';
    await write(watched.page, 'query-editor', query);
    await watched.page.getByRole('tab', { name: 'Mine' }).waitFor();
    await run(watched.page);
    const text = await answer(watched.page, /"totalCount":\s\d/);
    expect(text).toMatch(
      /"state": "RECONCILED", "dataset": \{ "tier": "[a-z-]+" \}, "exceptions": \{ "totalCount": \d/,
    );
    expect(text).not.toContain('errors');
    expectPeace(watched);
  });

  test('watches a batch over WebSocket', async () => {
    const watched = await open(url);
    const { page } = watched;
    await run(page);
    const [batchId] = /bat-[a-z0-9]+/.exec(await answer(page, /bat-[a-z0-9]{26}/)) ?? [];
    await page.getByRole('tab', { name: 'Watch' }).click();
    await shown(page, 'query-editor')
      .filter({ hasText: /batchProgress/ })
      .waitFor();
    await write(page, 'editor-tool', JSON.stringify({ batchId }));
    await run(page);
    const text = await answer(page, /"batchProgress"/);
    expect(text).toMatch(/"state": "RECONCILED".*"dataset": \{ "name": "[a-z-]+"/);
    expect(watched.sockets).toEqual([url.replace('http', 'ws').replace(/#.*/, '')]);
    expectPeace(watched);
  });

  test('opens the documentation of the schema', async () => {
    const watched = await open(url);
    const { page } = watched;
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    const docs = page.locator('.graphiql-doc-explorer');
    await docs.getByText('Root Types').waitFor();
    await docs.getByRole('link', { name: 'Subscription' }).click();
    await docs.getByText('The state of a batch first, then its changes').waitFor();
    expectPeace(watched);
  });

  test('lets a guest look and change nothing, until a token is given', async () => {
    const [address = '', token = ''] = url.split('#token=');
    const watched = await open(address);
    const { page } = watched;
    await page.getByText('Not signed in: nothing can be changed').waitFor();
    await write(
      page,
      'query-editor',
      'mutation Seal { sealEvidence(input: { migrationId: "x" }) { userErrors { code } } }',
    );
    await page.getByRole('tab', { name: 'Seal' }).waitFor();
    await run(page);
    expect(await answer(page, /"code"/)).toMatch(/"code": "(UNAUTHENTICATED|FORBIDDEN)"/);
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText(/^Signed in as olga-\d+$/).waitFor();
    expect(page.url()).not.toContain(token);
    await shown(page, 'query-editor')
      .filter({ hasText: /sealEvidence/ })
      .waitFor();
    await run(page);
    expect(await answer(page, /"code"/)).not.toMatch(/UNAUTHENTICATED|FORBIDDEN/);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('Not signed in: nothing can be changed').waitFor();
    expectPeace(watched);
  });
});
