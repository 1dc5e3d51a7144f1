import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import path from 'node:path';
import { ROOT, addSamples, cleanUp, closeBrowser, makeHome, openPage, secchi, serve, stop } from './secchi.mjs';

const SOURCES = ['connect', 'classic', 'streaming'].map((f) => path.join(ROOT, 'tests/data/eventlogs', f));
let home;
let server;

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

async function ask(sql) {
  const r = await fetch(`${server.url}/api/v1/query`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ sql }) });
  assert.equal(r.status, 200, await r.clone().text());
  return (await r.json()).rows;
}

const tile = (page, title) => page.getByRole('region', { name: title, exact: true }).first();
const counter = (page, title) => tile(page, title).locator('.counter-value');
const settled = async (page) => {
  await page.waitForSelector('.tile');
  await page.waitForFunction(() => !document.querySelector('.tile[aria-busy="true"], .tile .skeleton, .chart:not([data-drawn])'));
};
const clean = ({ trouble }) => assert.deepEqual(trouble, []);
const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

/** Opens a page, runs a test on it and demands that it made no trouble. */
async function withPage(address, options, f) {
  const opened = await openPage(`${options.server?.url ?? server.url}/${address}`, options);
  try {
    await f(opened.page, opened);
    clean(opened);
  } finally {
    await opened.context.close();
  }
}

describe('dashboard', () => {
  it('shows the numbers that the query route gives', () => withPage('', {}, async (page) => {
    await settled(page);
    const [[statements, failed, success, p95]] = await ask(`SELECT COUNT(*), COUNT_IF(execution_status = 'FAILED'),
      COUNT_IF(execution_status = 'FINISHED') / NULLIF(COUNT_IF(execution_status IN ('FINISHED', 'FAILED')), 0), percentile(total_duration_ms, 0.95) / 1000
      FROM system_gold.fact_query_history`);
    assert.ok(statements > 50 && failed > 0, `the sample logs hold statements: ${statements}, ${failed}`);
    assert.equal(await counter(page, 'Statements').innerText(), grouped(statements));
    assert.equal(await counter(page, 'Failed statements').innerText(), grouped(failed));
    assert.equal(await counter(page, 'Success rate').innerText(), `${Number((success * 100).toFixed(1))}%`);
    assert.equal(await counter(page, 'p95 query time (s)').innerText(), Number(p95).toFixed(2));
    const jobs = await ask('SELECT COUNT(*) FROM system_gold.fact_job_run_timeline');
    const runs = await tile(page, 'Busiest jobs').locator('tbody tr td:nth-child(2)').allInnerTexts();
    assert.equal(runs.reduce((n, r) => n + Number(r.replaceAll(',', '')), 0), jobs[0][0]);
  }));

  it('draws every chart', () => withPage('', {}, async (page) => {
    await settled(page);
    const charts = page.locator('.chart[data-drawn]');
    assert.equal(await charts.count(), 5);
    for (const chart of await charts.all()) {
      // More than one colour: something is drawn.
      const colours = await chart.locator('canvas').first().evaluate((c) => new Set(new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size);
      assert.ok(colours > 10, `${await chart.getAttribute('aria-label')}: ${colours} colours`);
    }
    assert.equal(await page.locator('.error-note').count(), 0);
  }));

  it('opens on a range that holds the data', () => withPage('', {}, async (page) => {
    await settled(page);
    const [[statements]] = await ask('SELECT COUNT(*) FROM system_gold.fact_query_history');
    assert.notEqual(statements, 0);
    assert.notEqual(await counter(page, 'Statements').innerText(), '0');
  }));

  it('follows the time range, in the address too', () => withPage('', {}, async (page) => {
    await settled(page);
    await page.getByRole('button', { name: /^Time range:/ }).click();
    await page.getByLabel('From', { exact: true }).fill('2001-01-01');
    await page.getByLabel('To', { exact: true }).fill('2001-01-02');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.waitForFunction(() => document.querySelector('[data-widget="statements"] .counter-value')?.textContent === '0');
    await settled(page);
    assert.equal(await counter(page, 'Success rate').innerText(), 'no data', 'nothing ended: neither 0 nor 100 %');
    assert.equal(await counter(page, 'p95 query time (s)').innerText(), 'no data');
    assert.match(await tile(page, 'Statements by status').innerText(), /No rows in this selection/);
    assert.match(page.url(), /2001-01-01/);
    await page.reload();
    await settled(page);
    assert.equal(await counter(page, 'Statements').innerText(), '0', 'the address holds the selection');
    await page.getByRole('button', { name: /^Time range:/ }).click();
    await page.getByRole('button', { name: 'All data' }).click();
    await settled(page);
    await page.waitForFunction(() => document.querySelector('[data-widget="statements"] .counter-value')?.textContent !== '0');
  }));

  it('narrows to a day as SQL does', () => withPage('', {}, async (page) => {
    await settled(page);
    const [[middle]] = await ask('SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY start_time) FROM system_gold.fact_query_history').catch(() => [[null]]);
    const [[first]] = middle ? [[middle]] : await ask('SELECT MIN(start_time) FROM system_gold.fact_query_history');
    const day = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin' }).format(new Date(first));
    await page.getByRole('button', { name: /^Time range:/ }).click();
    await page.getByLabel('From', { exact: true }).fill(day);
    await page.getByLabel('To', { exact: true }).fill(day);
    const answer = page.waitForResponse((r) => r.url().includes('/datasets/query_summary') && r.request().method() === 'POST');
    await page.getByRole('button', { name: 'Apply' }).click();
    const sent = (await answer).request().postDataJSON().parameters.time_range;
    await settled(page);
    const [[expected]] = await ask(`SELECT COUNT(*) FROM system_gold.fact_query_history WHERE start_time >= TIMESTAMP '${sent.min.slice(0, 19)}' AND start_time <= TIMESTAMP '${sent.max.slice(0, 23)}'`);
    assert.ok(expected > 0);
    assert.equal(await counter(page, 'Statements').innerText(), grouped(expected));
  }));

  it('shows, opens and saves the query of a widget', () => withPage('', {}, async (page) => {
    await settled(page);
    const menu = async (item) => {
      await tile(page, 'Busiest jobs').getByRole('button', { name: 'Menu of Busiest jobs' }).click();
      return page.getByRole('menuitem', { name: item });
    };
    await (await menu('Show the SQL')).click();
    assert.match(await tile(page, 'Busiest jobs').locator('pre').innerText(), /FROM system_gold\.fact_job_run_timeline/);
    await (await menu('Show the widget')).click();
    const download = page.waitForEvent('download');
    await (await menu('Download CSV')).click();
    const file = await download;
    assert.equal(file.suggestedFilename(), 'busiest-jobs.csv');
    const csv = readFileSync(await file.path(), 'utf8').split('\r\n');
    assert.match(csv[0], /^job,runs,success_rate,total_seconds,/);
    assert.equal(csv.length - 2, await tile(page, 'Busiest jobs').locator('tbody tr').count());
    await (await menu('Show the SQL')).press('Escape');
    assert.equal(await page.getByRole('menuitem').count(), 0, 'Escape closes the menu');
    const jobs = await tile(page, 'Busiest jobs').locator('tbody tr').count();
    await (await menu('Open in the SQL page')).click();
    await page.getByRole('button', { name: 'Run' }).click();
    const result = page.locator('section[aria-label="Result"]');
    await result.locator('tbody tr').first().waitFor();
    assert.equal(await result.locator('tbody tr').count(), jobs, 'its parameters are written out');
  }));

  it('shows a chart as data', () => withPage('', {}, async (page) => {
    await settled(page);
    const box = tile(page, 'Statements by status');
    await box.getByRole('button', { name: /^Menu of/ }).click();
    await page.getByRole('menuitem', { name: 'Show the data' }).click();
    const rows = await box.locator('tbody tr td:nth-child(3)').allInnerTexts();
    const [[statements]] = await ask('SELECT COUNT(*) FROM system_gold.fact_query_history');
    assert.equal(rows.reduce((n, r) => n + Number(r.replaceAll(',', '')), 0), statements);
  }));
});

describe('any dashboard file', () => {
  const address = '#/dashboards/every_widget';
  const allowed = ['/datasets/broken'];

  it('is opened: every widget type draws, what fails stays in its tile', () => withPage(address, { allowed }, async (page) => {
    await settled(page);
    assert.equal(await counter(page, 'Amount').innerText(), '$55.00');
    assert.equal(await counter(page, 'Amount per item').innerText(), '3.056');
    assert.equal(await counter(page, 'Rows of the chosen region').innerText(), '2');
    assert.equal(await page.locator('.chart[data-drawn]').count(), 9);
    assert.match(await tile(page, 'Broken dataset').locator('.error-note').innerText(), /no_such_column/);
    assert.match(await tile(page, 'Unknown function').locator('.error-note').innerText(), /unknown function REGEXP_EXTRACT/);
    assert.match(await tile(page, 'Wrong field').locator('.error-note').innerText(), /field "missing"/);
    assert.match(await tile(page, 'Unsupported type').innerText(), /symbol-map is not supported/);
    assert.equal(await counter(page, 'Nothing').innerText(), 'no data');
    assert.equal(await page.locator('.error-note').count(), 3);
    assert.deepEqual((await tile(page, 'Pivot').locator('tbody tr').allInnerTexts()).map((t) => t.split(/\s+/)), [['north', '2.25', '10.5'], ['south', '–', '12.25'], ['west', '30', '–']]);
    assert.equal(await tile(page, 'Table').locator('tbody tr td').first().innerText(), '2026-03-01 09:00:00', 'times are those of the reader');
  }));

  it('filters by a field and by a parameter', () => withPage(address, { allowed }, async (page) => {
    await settled(page);
    await page.getByRole('button', { name: /^Region:/ }).click();
    await page.getByRole('checkbox', { name: 'south' }).check();
    await page.waitForFunction(() => document.querySelector('[data-widget="total"] .counter-value')?.textContent === '$12.25');
    await page.getByRole('checkbox', { name: 'west' }).check();
    await page.waitForFunction(() => document.querySelector('[data-widget="total"] .counter-value')?.textContent === '$42.25');
    await page.keyboard.press('Escape');
    await page.getByRole('combobox', { name: 'Parameter' }).selectOption('west');
    await page.waitForFunction(() => document.querySelector('[data-widget="parameter"] .counter-value')?.textContent === '1');
    await page.getByRole('button', { name: /^Sold:/ }).click();
    await page.getByLabel('From', { exact: true }).fill('2026-03-04');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.waitForFunction(() => document.querySelector('[data-widget="total"] .counter-value')?.textContent === '$8.00');
  }));

  it('runs nothing that stands in its text', () => withPage(address, { allowed }, async (page) => {
    await settled(page);
    assert.equal(await page.locator('.markdown script').count(), 0);
    assert.deepEqual(await page.locator('.markdown a').evaluateAll((a) => a.map((x) => x.getAttribute('href'))), ['https://example.org']);
  }));

  it('has pages that the keyboard reaches', () => withPage(address, { allowed }, async (page) => {
    await settled(page);
    await page.getByRole('tab', { name: 'Every widget' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('heading', { name: 'Here' }).waitFor();
    assert.match(page.url(), /page=second/);
  }));
});

describe('look', () => {
  it('is dark when the system is, and when asked', () => withPage('', { scheme: 'dark' }, async (page) => {
    await settled(page);
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number).reduce((a, b) => a + b, 0));
    assert.ok((await background()) < 150);
    await page.getByRole('button', { name: /^Colours:/ }).click();
    assert.ok((await background()) > 600, 'light now');
    await page.reload();
    await settled(page);
    assert.ok((await background()) > 600, 'and after a reload');
  }));

  it('fits a phone', () => withPage('', { width: 390, height: 844 }, async (page) => {
    for (const hash of ['', '#/tables', '#/tables/system_gold.fact_query_history', '#/runs', '#/sql']) {
      await page.goto(`${server.url}/${hash}`);
      await page.waitForSelector('.tile, .card');
      await page.waitForFunction(() => !document.querySelector('.skeleton'));
      const { scroll, view } = await page.evaluate(() => ({ scroll: document.documentElement.scrollWidth, view: innerWidth }));
      assert.ok(scroll <= view, `${hash}: ${scroll} wide on ${view}`);
    }
  }));

  it('has text that can be read', async () => {
    for (const scheme of ['light', 'dark']) {
      await withPage('', { scheme }, async (page) => {
        await settled(page);
        const weak = await page.evaluate(contrastFaults);
        assert.deepEqual(weak, [], scheme);
      });
    }
  });

  it('names every control', () => withPage('', {}, async (page) => {
    await settled(page);
    const nameless = await page.locator('button, a, input, select, textarea').evaluateAll((all) => all.filter((e) => !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.[0]?.textContent.trim())).map((e) => e.outerHTML));
    assert.deepEqual(nameless, []);
  }));
});

/** Runs in the page: texts whose contrast against their background is under 4.5 (WCAG AA). */
function contrastFaults() {
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

describe('other pages', () => {
  it('tables: list, columns, first rows', () => withPage('#/tables', {}, async (page) => {
    const link = page.getByRole('link', { name: 'fact_query_history', exact: true });
    await link.waitFor();
    const [[statements]] = await ask('SELECT COUNT(*) FROM system_gold.fact_query_history');
    assert.equal(await page.getByRole('row').filter({ has: link }).getByRole('cell').nth(4).innerText(), grouped(statements));
    await page.getByRole('searchbox', { name: 'Find a table' }).fill('lineage');
    assert.equal(await link.count(), 0);
    await page.getByRole('searchbox', { name: 'Find a table' }).fill('query_history');
    await link.click();
    const columns = page.getByRole('region', { name: 'Columns' });
    await columns.getByRole('rowheader', { name: /^statement_id/ }).waitFor();
    assert.match(await columns.getByRole('row').filter({ hasText: 'total_duration_ms' }).innerText(), /BIGINT/);
    const rows = page.getByRole('region', { name: 'First rows', exact: true });
    await rows.locator('tbody tr').first().waitFor();
    assert.equal(await rows.locator('tbody tr').count(), Math.min(100, statements));
  }));

  const names = (page) => page.locator('.tables-list tbody th a').allInnerTexts();
  const select = (page, label, value) => page.getByRole('combobox', { name: label, exact: true }).selectOption(value);

  it('tables: filters and order stay in the address', () => withPage('#/tables', {}, async (page) => {
    await page.locator('.tables-list tbody tr').first().waitFor();
    const { tables } = await (await fetch(`${server.url}/api/v1/status`)).json();
    assert.equal((await names(page)).length, tables.length);
    await select(page, 'Layer', 'bronze');
    const bronze = tables.filter((t) => t.layer === 'bronze');
    assert.deepEqual((await names(page)).sort(), bronze.map((t) => t.name).sort());
    await page.getByRole('button', { name: 'Rows', exact: true }).click();
    const counts = bronze.map((t) => t.rows).filter((n) => n !== null).sort((a, b) => b - a);
    const shown = (await page.locator('.tables-list tbody td:nth-child(6)').allInnerTexts()).filter((n) => n !== '–').map((n) => Number(n.replaceAll(',', '')));
    assert.deepEqual(shown, counts);
    assert.equal(await page.locator('.tables-list th[aria-sort="descending"]').innerText(), 'Rows ↓');
    await select(page, 'Domain', 'performance');
    const both = bronze.filter((t) => t.domain === 'performance').map((t) => t.name).sort();
    assert.ok(both.length > 0 && both.length < bronze.length);
    assert.deepEqual((await names(page)).sort(), both);
    await page.reload();
    await page.locator('.tables-list tbody tr').first().waitFor();
    assert.deepEqual((await names(page)).sort(), both, 'the address holds filters and order');
    await page.getByRole('searchbox', { name: 'Find a table' }).fill('nothing of that name');
    await page.getByRole('heading', { name: 'No table matches' }).waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    assert.equal((await names(page)).length, tables.length);
    await select(page, 'Last step', 'not built');
    assert.deepEqual((await names(page)).sort(), tables.filter((t) => !t.step && !t.is_view).map((t) => t.name).sort());
  }));

  it('tables: loading and error states', () => withPage('#/sql', { allowed: ['/api/v1/status'] }, async (page) => {
    let answer;
    let tell;
    const asked = new Promise((done) => { tell = done; });
    await page.waitForSelector('.card');
    await page.route('**/api/v1/status', (route) => new Promise((done) => {
      answer = (how) => (how === 'fail' ? route.fulfill({ status: 503, json: { error: { kind: 'unavailable', what: 'the engine is away', where: '', hint: 'wait' } } }) : route.continue()).then(done);
      tell();
    }));
    await page.goto(`${server.url}/#/tables`);
    await page.locator('main .skeleton').first().waitFor();
    await asked;
    await answer('fail');
    await page.locator('main .error-note').filter({ hasText: 'the engine is away' }).waitFor();
    await page.unroute('**/api/v1/status');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('.tables-list tbody tr').first().waitFor();
    assert.equal(await page.locator('main .error-note').count(), 0);
  }));

  it('tables: one with rejected rows tells reasons, samples, findings and steps', async () => {
    const hurt = makeHome();
    const folder = path.join(hurt, 'data', 'query', 'history');
    mkdirSync(folder, { recursive: true });
    const row = (id) => JSON.stringify({ workspace_id: 'w', statement_id: id, execution_status: 'FINISHED', start_time: '2026-03-01T10:00:00Z', statement_text: '<b>not bold</b>' });
    writeFileSync(path.join(folder, '1.jsonl'), `${[row('a'), row('b'), row(null), row(null), row(null), row(null), 'no JSON'].join('\n')}\n`);
    secchi(hurt, 'setup', '--source', path.join(hurt, 'data'));
    secchi(hurt, 'refresh', '--only', 'query_history');
    const own = await serve(hurt);
    try {
      await withPage('#/tables', { server: own }, async (page) => {
        const line = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'query_history', exact: true }) });
        await line.waitFor();
        assert.equal(await line.getByRole('cell').nth(7).innerText(), '5', 'rejected');
        assert.equal(await line.getByRole('cell').nth(2).innerText(), 'succeeded');
        await page.getByRole('button', { name: 'Rejected' }).click();
        assert.equal((await names(page))[0], 'query_history');
        await line.getByRole('link').click();
        const rejected = page.getByRole('region', { name: 'Rejected rows' });
        await rejected.locator('details').first().waitFor();
        assert.match(await rejected.locator('summary').first().innerText(), /^4 .*valid_statement_id/);
        await rejected.locator('summary').first().click();
        assert.equal(await rejected.locator('details').first().locator('pre').count(), 3);
        assert.match(await rejected.locator('pre').first().innerText(), /<b>not bold<\/b>/);
        const { open_findings: findings, steps } = await (await fetch(`${own.url}/api/v1/tables/query_history/status`)).json();
        assert.ok(findings.length > 0 && steps.length > 0);
        assert.equal(await page.getByRole('region', { name: 'Open findings' }).locator('tbody tr').count(), findings.length);
        const history = page.getByRole('region', { name: 'Steps' }).locator('tbody tr');
        assert.equal(await history.count(), steps.length);
        assert.match(await history.last().innerText(), /^1\s+succeeded[\s\S]*\b7\b/);
        await page.getByRole('region', { name: 'Columns' }).getByRole('row').filter({ hasText: 'Identifier of the statement; natural key' }).waitFor();
        for (const scheme of ['light', 'dark']) {
          await page.emulateMedia({ colorScheme: scheme });
          assert.deepEqual(await page.evaluate(contrastFaults), [], scheme);
        }
        await page.setViewportSize({ width: 390, height: 844 });
        const { scroll, view } = await page.evaluate(() => ({ scroll: document.documentElement.scrollWidth, view: innerWidth }));
        assert.ok(scroll <= view, `${scroll} wide on ${view}`);
      });
    } finally {
      await stop(own);
    }
  });

  it('tables: an unknown name is a clear error', () => withPage('#/tables/system_gold.no_such_table', { allowed: ['no_such_table'] }, async (page) => {
    assert.match(await page.locator('.error-note').first().innerText(), /no_such_table/);
  }));

  it('SQL: result, CSV, time', () => withPage('#/sql', {}, async (page) => {
    const editor = page.getByRole('textbox', { name: 'SQL' });
    await editor.fill("SELECT execution_status, COUNT(*) AS n FROM system_gold.fact_query_history GROUP BY execution_status ORDER BY n DESC, execution_status");
    await editor.press('Control+Enter');
    const result = page.locator('section[aria-label="Result"]');
    await result.locator('tbody tr').first().waitFor();
    const expected = await ask('SELECT execution_status, COUNT(*) AS n FROM system_gold.fact_query_history GROUP BY execution_status ORDER BY n DESC, execution_status');
    assert.equal(await result.locator('tbody tr').count(), expected.length);
    assert.match(await result.locator('tbody tr').first().innerText(), new RegExp(grouped(expected[0][1])));
    assert.match(await page.locator('.sql-summary').innerText(), /rows? in \d/);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download CSV' }).click();
    const csv = readFileSync(await (await download).path(), 'utf8').split('\r\n');
    assert.equal(csv[0], 'execution_status,n');
    assert.equal(csv[1], expected[0].join(','));
  }));

  it('SQL: an error has its place', () => withPage('#/sql', { allowed: ['/api/v1/query'] }, async (page) => {
    const editor = page.getByRole('textbox', { name: 'SQL' });
    await editor.fill('SELECT COUNT(*)\nFROM system_gold.fact_query_histori');
    await page.getByRole('button', { name: 'Run' }).click();
    const note = page.locator('.error-note');
    await note.waitFor();
    assert.match(await note.innerText(), /fact_query_histori/);
    await page.getByRole('button', { name: 'Go to the place' }).click();
    const [from, to] = await editor.evaluate((e) => [e.selectionStart, e.selectionEnd]);
    assert.ok(from >= 16 && to > from, `selected ${from} to ${to}`);
  }));

  it('SQL: writing is refused', () => withPage('#/sql', { allowed: ['/api/v1/query'] }, async (page) => {
    await page.getByRole('textbox', { name: 'SQL' }).fill('DROP TABLE system_gold.fact_query_history');
    await page.getByRole('button', { name: 'Run' }).click();
    await page.locator('.error-note').waitFor();
    assert.ok((await ask('SELECT COUNT(*) FROM system_gold.fact_query_history'))[0][0] > 0);
  }));

  it('runs: steps with rows and times', () => withPage('#/runs', {}, async (page) => {
    const steps = page.getByRole('region', { name: 'Steps' });
    await steps.getByRole('rowheader', { name: /fact_query_history/ }).first().waitFor();
    assert.match(await steps.innerText(), /succeeded/i);
    assert.match(await page.getByRole('region', { name: 'Runs', exact: true }).innerText(), /setup/);
  }));
});

describe('refresh', () => {
  it('is started by the button and shows its progress', () => withPage('', {}, async (page) => {
    await settled(page);
    const before = await (await fetch(`${server.url}/api/v1/runs`)).json();
    // A run on few logs is over in a moment: what was seen is remembered.
    await page.evaluate(() => {
      window.seen = [];
      new MutationObserver(() => {
        if (document.querySelector('.header .progress')) window.seen.push(document.querySelector('.refresh-text').textContent);
      }).observe(document.body, { childList: true, subtree: true, characterData: true });
    });
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.waitForFunction(() => window.seen.length > 0);
    await page.waitForFunction(() => !document.querySelector('.header .progress'), null, { timeout: 60_000 });
    assert.ok((await page.evaluate(() => window.seen)).every((t) => t.startsWith('Refreshing')));
    const now = await (await fetch(`${server.url}/api/v1/runs`)).json();
    assert.equal(now.runs.length, before.runs.length + 1);
    await page.waitForFunction((id) => document.querySelector('.toolbar .refresh-note')?.getAttribute('href') === `#/runs/${id}`, now.runs[0].id);
    assert.match(await page.locator('.toolbar .refresh-note').innerText(), /^Refresh succeeded .*, took \d/);
    await page.waitForFunction(() => /^Refreshed/.test(document.querySelector('.refresh-text').textContent));
    await settled(page);
  }));
});

describe('before there is data', () => {
  it('an empty home says what to do', async () => {
    const empty = await serve(makeHome());
    try {
      await withPage('', { server: empty }, async (page) => {
        await page.getByRole('heading', { name: 'No data yet' }).waitFor();
        assert.match(await page.locator('main').innerText(), /secchi setup --source DIR/);
        await page.getByRole('link', { name: 'Tables' }).click();
        await page.getByRole('heading', { name: 'No data yet' }).waitFor();
      });
    } finally {
      await stop(empty);
    }
  });
});

describe('tokens', () => {
  it('are asked for in production, kept for the tab, and a wrong one is refused', async () => {
    const guarded = makeHome();
    const token = secchi(guarded, 'token', 'create', 'page', '--role', 'operator').trim().split('\n').pop();
    const production = await serve(guarded, '--mode', 'production');
    try {
      await withPage('', { server: production, allowed: ['/api/v1/'] }, async (page) => {
        await page.getByRole('heading', { name: 'A token is needed' }).waitFor();
        await page.getByLabel('Token').fill('wrong');
        await page.getByRole('button', { name: 'Continue' }).click();
        await page.getByText('The server does not accept this token.').waitFor();
        await page.getByLabel('Token').fill(token);
        await page.getByRole('button', { name: 'Continue' }).click();
        await page.getByRole('heading', { name: 'No data yet' }).waitFor();
        await page.reload();
        await page.getByRole('heading', { name: 'No data yet' }).waitFor();
        assert.equal(await page.evaluate(() => localStorage.length), 0, 'the token is not kept on disk');
      });
    } finally {
      await stop(production);
    }
  });
});

describe('safety', () => {
  it('the page may load nothing from elsewhere', async () => {
    const answer = await fetch(server.url, { headers: { Accept: 'text/html' } });
    assert.match(answer.headers.get('content-type'), /text\/html/);
    const policy = answer.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src '(self|none)'/);
    assert.doesNotMatch(policy, /unsafe-eval|https?:|\*/);
    assert.doesNotMatch(/script-src[^;]*|default-src[^;]*/.exec(policy)[0], /unsafe-inline/);
  });

  it('a server that goes away is said, and the page recovers', async () => {
    const passing = makeHome();
    const first = await serve(passing);
    const { page, context } = await openPage(first.url);
    try {
      await page.getByRole('heading', { name: 'No data yet' }).waitFor();
      await stop(first);
      await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
      await page.getByText('The server does not answer. What is shown may be old.').waitFor();
      await page.locator('.health-unknown').waitFor();
    } finally {
      await context.close();
    }
  });
});
