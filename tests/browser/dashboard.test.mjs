import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ask, contrastFaults, counter, grouped, server, settled, tile, useLoadedHome, withPage } from './page_kit.mjs';

useLoadedHome();

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
