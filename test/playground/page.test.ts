/** The built page in a real browser: the same rounds as `sluice trace`, to the byte. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, openBrowser, type TestBrowser } from '../browser.js';
import { buildFirst, root, sluice } from '../cli/sluice.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-playground-'));
const file = join(folder, 'playground.html');

describe.skipIf(browserPath === null)('the playground (skipped without Chromium)', () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    buildFirst();
    const built = spawnSync(process.execPath, [join(root, 'bin/playground.mjs'), file]);
    if (built.status !== 0) throw new Error(String(built.stderr));
    browser = await openBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Opens the page; `complaints` collects errors, warnings and requests that leave it. */
  async function open(hash: string): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!/^(file|blob|data):/.test(request.url())) complaints.push(request.url());
    });
    await page.goto(`${pathToFileURL(file).href}${hash}`);
    await page.waitForSelector('body[data-shown=whole]');
    return { page, complaints };
  }

  const SCENARIOS = [
    '#base=jvm&memoryMiB=262144&linkMbit=10000&seed=3',
    '#base=build&memoryMiB=4096&linkMbit=1000&completionTimeoutPerGiB=20&disruption=1',
    '#base=custom&hotPercent=4&hotWrites=0.8&burstEverySeconds=60&neighbours=1&downtimeTuning=1',
    '#base=vep291-ramp',
  ];

  it.each(SCENARIOS)('gives the rounds of sluice trace: %s', async (hash) => {
    const { page, complaints } = await open(hash);
    const fleet = join(folder, 'fleet.yaml');
    writeFileSync(fleet, await page.inputValue('#fleet-file'));
    const command = (await page.textContent('#command')) ?? '';
    const args = command.replace('playground.yaml', fleet).split(' ').slice(1);
    const { code, stdout } = await sluice([...args, '--csv']);
    expect(code).toBe(0);
    // A text area gives line ends as \n.
    const shown = (await page.inputValue('#rounds-csv')).replaceAll('\n', '\r\n');
    expect(shown.split('\r\n').length).toBeGreaterThan(3);
    expect(shown).toBe(stdout);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('gives a published case as its own file does', async () => {
    const { page } = await open('#base=vep248-kernel-build');
    const original = join(root, 'fleets/published/vep248-kernel-build.yaml');
    const { stdout } = await sluice(['trace', original, '--guest', 'published/build', '--csv']);
    expect((await page.inputValue('#rounds-csv')).replaceAll('\n', '\r\n')).toBe(stdout);
    await page.close();
  });

  it('follows its sliders by keyboard, and keeps what they say in the link', async () => {
    const { page, complaints } = await open('#base=oltp');
    const before = await page.textContent('#headline');
    await page.focus('#setting-linkMbit');
    await page.keyboard.press('Home');
    await page.waitForURL(/linkMbit=100$/);
    await page.waitForSelector('body[data-shown=whole]');
    expect(await page.textContent('#headline')).not.toBe(before);
    const again = await open(new URL(page.url()).hash);
    expect(await again.page.textContent('#headline')).toBe(await page.textContent('#headline'));
    expect([...complaints, ...again.complaints]).toEqual([]);
    await page.close();
    await again.page.close();
  });

  it('shows text of a link as text', async () => {
    const { page } = await open('#base=%3Cimg%20src=x%3E&<b>=1&seed=2');
    expect(await page.textContent('#link-problems')).toContain('<b>');
    expect(await page.locator('#link-problems *').count()).toBe(0);
    await page.close();
  });
});
