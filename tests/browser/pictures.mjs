/** Makes the pictures of docs/images from the sample logs: tests/browser/run --pictures */
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { ROOT, cleanUp, closeBrowser, makeHome, openPage, secchi, serve } from './secchi.mjs';

const folder = path.join(ROOT, 'docs/images');
const LIMIT = 300 * 1024;

async function picture(url, name, options, prepare = async () => {}) {
  const { page, context } = await openPage(url, options);
  await page.waitForSelector('.tile, .card');
  await page.waitForFunction(() => !document.querySelector('.tile[aria-busy="true"], .skeleton, .chart:not([data-drawn])'));
  await prepare(page);
  const file = path.join(folder, name);
  await page.screenshot({ path: file });
  await context.close();
  const { size } = statSync(file);
  console.log(`docs/images/${name}: ${Math.round(size / 1024)} KiB`);
  if (size > LIMIT) throw new Error(`${name} is larger than ${LIMIT / 1024} KiB`);
}

try {
  mkdirSync(folder, { recursive: true });
  const home = makeHome();
  secchi(home, 'setup', '--source', path.join(ROOT, 'tests/data/eventlogs'));
  const { url } = await serve(home);
  const wide = { width: 1440, height: 1010 };
  await picture(`${url}/`, 'page-light.png', wide);
  await picture(`${url}/`, 'page-dark.png', { ...wide, scheme: 'dark' });
  await picture(`${url}/`, 'page-phone.png', { width: 390, height: 844, scale: 2 });
  await picture(`${url}/#/runs`, 'page-runs.png', wide);
  await picture(`${url}/#/sql`, 'page-sql.png', { width: 1440, height: 620 }, async (page) => {
    await page.getByRole('button', { name: 'Run' }).click();
    await page.locator('section[aria-label="Result"] tbody tr').first().waitFor();
  });
} finally {
  await closeBrowser();
  await cleanUp();
}
