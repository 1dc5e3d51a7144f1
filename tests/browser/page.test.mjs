import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import path from 'node:path';
import { ask, contrastFaults, grouped, home, server, settled, useLoadedHome, withPage } from './page_kit.mjs';
import { makeHome, openPage, secchi, serve, stop } from './secchi.mjs';

useLoadedHome();

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
