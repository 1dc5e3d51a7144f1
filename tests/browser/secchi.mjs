/** Homes and servers of the real program, and a browser that reports everything it should not do. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = process.env.SECCHI;
const folders = [];
const servers = [];

export function makeHome() {
  const home = mkdtempSync(path.join(tmpdir(), 'secchi-page-'));
  folders.push(home);
  secchi(home, 'init');
  return home;
}

/** Adds the dashboards of the tests to a home. */
export function addSamples(home) {
  mkdirSync(path.join(home, 'packs'), { recursive: true });
  cpSync(path.join(ROOT, 'tests/browser/packs/samples'), path.join(home, 'packs/samples'), { recursive: true });
}

/** Runs a command to its end; exit status 3 is "done, with findings". */
export function secchi(home, ...args) {
  const r = spawnSync(PROGRAM, ['--home', home, ...args], { encoding: 'utf8', timeout: 240_000 });
  if (r.status !== 0 && r.status !== 3) throw new Error(`secchi ${args.join(' ')}: exit status ${r.status}\n${r.stdout}${r.stderr}`);
  return r.stdout;
}

/** Starts a server on a free port and waits until it is ready. */
export async function serve(home, ...args) {
  const child = spawn(PROGRAM, ['--home', home, 'serve', '--port', '0', '--web-dir', path.join(ROOT, 'web/dist'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const server = { child, url: '', output: () => output };
  servers.push(server);
  await new Promise((done, failed) => {
    const timer = setTimeout(() => failed(new Error(`the server is not ready after 60 s\n${output}`)), 60_000);
    const read = (data) => {
      output += data;
      const url = /https?:\/\/[\w.[\]:]+\d/.exec(output)?.[0];
      if (!url || server.url) return;
      server.url = url;
      clearTimeout(timer);
      done();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('exit', (status) => failed(new Error(`the server ended with status ${status}\n${output}`)));
  });
  return server;
}

export async function stop(server) {
  if (server.child.exitCode !== null) return;
  const ended = new Promise((done) => server.child.once('exit', done));
  server.child.kill('SIGTERM');
  await Promise.race([ended, new Promise((done) => setTimeout(done, 10_000))]);
  if (server.child.exitCode === null) server.child.kill('SIGKILL');
}

export async function cleanUp() {
  await Promise.all(servers.map(stop));
  for (const f of folders) rmSync(f, { recursive: true, force: true });
}

let browser = null;

export async function closeBrowser() {
  await browser?.close();
}

/**
 * A page of its own profile. `trouble` collects console errors, exceptions, violations of the content policy and requests to other
 * hosts; failed API answers that a test provokes are named in `allowed` (part of the address).
 */
export async function openPage(url, options = {}) {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-default-apps', '--disable-sync', '--no-first-run', '--font-render-hinting=none'],
  });
  const { allowed = [], width = 1280, height = 900, scheme = 'light', scale = 1 } = options;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, timezoneId: 'Europe/Berlin', deviceScaleFactor: scale, acceptDownloads: true });
  const page = await context.newPage();
  const trouble = [];
  const origin = new URL(url).origin;
  page.on('console', (m) => {
    if (m.type() !== 'error' && m.type() !== 'warning') return;
    if (allowed.some((a) => m.location().url.includes(a))) return;
    trouble.push(`console: ${m.text()} (${m.location().url})`);
  });
  page.on('pageerror', (e) => trouble.push(`exception: ${e.message}`));
  page.on('request', (r) => {
    if (!r.url().startsWith(origin) && !r.url().startsWith('blob:') && !r.url().startsWith('data:')) trouble.push(`request to ${r.url()}`);
  });
  await page.goto(url);
  return { page, context, trouble };
}
