/** What the tests of a file share: a home that holds the sample logs, its server, and the page in the browser. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import path from 'node:path';
import { ROOT, addSamples, cleanUp, closeBrowser, makeHome, openPage, secchi, serve } from './secchi.mjs';

const SOURCES = ['connect', 'classic', 'streaming'].map((f) => path.join(ROOT, 'tests/data/eventlogs', f));
export let home;
export let server;

/** To be called once in a file. */
export function useLoadedHome() {
  before(async () => {
    home = makeHome();
    addSamples(home);
    secchi(home, 'setup', ...SOURCES.flatMap((s) => ['--source', s]));
    server = await serve(home);
  });
  after(async () => {
    await closeBrowser();
    await cleanUp();
  });
}

export async function ask(sql) {
  const r = await fetch(`${server.url}/api/v1/query`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ sql }) });
  assert.equal(r.status, 200, await r.clone().text());
  return (await r.json()).rows;
}

export const tile = (page, title) => page.getByRole('region', { name: title, exact: true }).first();
export const counter = (page, title) => tile(page, title).locator('.counter-value');
export const settled = async (page) => {
  await page.waitForSelector('.tile');
  await page.waitForFunction(() => !document.querySelector('.tile[aria-busy="true"], .tile .skeleton, .chart:not([data-drawn])'));
};
export const clean = ({ trouble }) => assert.deepEqual(trouble, []);
export const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

/** Opens a page, runs a test on it and demands that it made no trouble. */
export async function withPage(address, options, f) {
  const opened = await openPage(`${options.server?.url ?? server.url}/${address}`, options);
  try {
    await f(opened.page, opened);
    clean(opened);
  } finally {
    await opened.context.close();
  }
}

/** Runs in the page: texts whose contrast against their background is under 4.5 (WCAG AA). */
export function contrastFaults() {
  const channel = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const colour = (s) => (s.match(/[\d.]+/g) ?? []).map(Number);
  const behind = (e) => {
    for (let n = e; n; n = n.parentElement) {
      const c = colour(getComputedStyle(n).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || !e.checkVisibility() || e.closest(':disabled')) continue;
    const [a, b] = [light(colour(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push(`${e.textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return found;
}
