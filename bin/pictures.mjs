// pictures.mjs: makes docs/images anew, from a run of fleets/three-racks.yaml, in Chromium.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { browserPath } from './browser.mjs';
import { root } from './prepare.mjs';

const PICTURES = [
  {
    file: 'report.png',
    screen: { viewport: { width: 1180, height: 820 }, colorScheme: 'light' },
    show: (page) => page.getByRole('button', { name: 'A row for each guest' }).click(),
  },
  {
    file: 'report-guest.png',
    screen: { viewport: { width: 1100, height: 860 }, colorScheme: 'dark' },
    show: async (page) => {
      await page.locator('input[type=search]').fill('shop/cache-3');
      await page.locator('#guests tbody button').first().click();
    },
  },
];

if (browserPath === null) {
  process.stderr.write('pictures: there is no Chromium or Chrome here; CHROMIUM names one\n');
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'sluice-pictures-'));
const fleet = join(root, 'fleets/three-racks.yaml');
const args = [join(root, 'bin/sluice.mjs'), 'run', fleet, '--report', '--quiet', '--out', folder];
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 70);
const browser = await chromium.launch({
  executablePath: browserPath,
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  for (const { file, screen, show } of PICTURES) {
    const page = await browser.newPage(screen);
    await page.goto(pathToFileURL(join(folder, 'report.html')).href);
    await page.waitForSelector('html[data-ready="true"]', { state: 'attached' });
    await show(page);
    // The chart of a guest is drawn after its dialog is open.
    await page.waitForTimeout(500);
    await page.screenshot({ path: join(root, 'docs/images', file) });
    await page.close();
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
