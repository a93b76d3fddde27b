/** `sluice report` from the command line, and its page in a real browser. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, type OpenPage, openBrowser, type TestBrowser, withPage } from '../browser.js';
import { buildFirst, contentsOf, inFolder, root, sluice } from './sluice.js';

const RACKS = join(root, 'fleets/three-racks.yaml');
const CONVERGENCE = join(root, 'fleets/convergence.yaml');

/** What the tests read and do not change: the runs `racks`, `more-at-once`, `convergence`. */
let made = '';
let browser: TestBrowser | undefined;

beforeAll(async () => {
  buildFirst();
  made = mkdtempSync(join(tmpdir(), 'sluice-report-'));
  const limit = 'kubevirt.migrations.parallelMigrationsPerCluster=12';
  const run = (name: string, ...args: string[]) =>
    sluice(['run', ...args, '--quiet', '--fidelity', 'chunk', '--out', name], { cwd: made });
  const answers = await Promise.all([
    run('racks', RACKS, '--report'),
    run('more-at-once', RACKS, '--set', limit),
    run('convergence', CONVERGENCE, '--report'),
  ]);
  expect(answers.map(({ code }) => code)).toEqual([0, 0, 0]);
  if (browserPath !== null) browser = await openBrowser();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  rmSync(made, { recursive: true, force: true });
});

async function ready({ page }: OpenPage): Promise<void> {
  await page.waitForSelector('html[data-ready="true"]', { state: 'attached' });
}

async function textOf({ page }: OpenPage, selector: string): Promise<string> {
  return (await page.locator(selector).textContent()) ?? '';
}

describe('sluice report', () => {
  it('is the same file from a run and from its folder, any number of threads', () =>
    inFolder(async (cwd) => {
      const run = ['run', CONVERGENCE, '--report', '--quiet', '--fidelity', 'chunk'];
      const other = await sluice([...run, '--threads', '1', '--out', 'one'], { cwd });
      expect(other.code).toBe(0);
      const files = contentsOf(join(made, 'convergence'));
      expect(contentsOf(join(cwd, 'one'))).toEqual(files);
      const answer = await sluice(['report', 'one', '-o', 'page.html'], { cwd });
      expect(answer).toMatchObject({ code: 0, stdout: 'Wrote page.html\n', stderr: '' });
      expect(readFileSync(join(cwd, 'page.html'), 'utf8')).toBe(files['report.html']);
    }));

  it('removes what an earlier run left and this one does not write', () =>
    inFolder(async (cwd) => {
      cpSync(join(made, 'convergence'), join(cwd, 'out'), { recursive: true });
      await sluice(['run', CONVERGENCE, '--quiet', '--fidelity', 'chunk', '--seed', '2'], { cwd });
      expect(Object.keys(contentsOf(join(cwd, 'out')))).not.toContain('rounds.csv');
      expect(await sluice(['report', 'out'], { cwd })).toMatchObject({ code: 0, stderr: '' });
    }));

  it('answers what it cannot read in one line, and writes nothing', () =>
    inFolder(async (cwd) => {
      expect(await sluice(['report', 'nowhere'], { cwd })).toMatchObject({
        code: 2,
        stdout: '',
        stderr: 'nowhere: no such folder; name the --out of a run\n',
      });
      expect((await sluice(['report', 'a', 'b', 'c'], { cwd })).stderr).toMatch(
        /^sluice: report takes one folder, or two/,
      );
      expect((await sluice(['report'], { cwd })).code).toBe(2);
      const over = await sluice(['report', 'out', '-o', 'out/summary.csv'], { cwd });
      expect(over).toMatchObject({ code: 2, stdout: '' });
      expect(over.stderr).toMatch(/^out\/summary\.csv: lies among the tables of the run.*\n$/);
    }));
});

describe.skipIf(browserPath === null)('the page (needs Chromium)', () => {
  it('shows a drain: answer, parts, one guest with its decisions, in light and dark', async () => {
    const file = join(made, 'convergence/report.html');
    for (const colorScheme of ['light', 'dark'] as const) {
      await withPage(browser as TestBrowser, file, { colorScheme, width: 800 }, async (open) => {
        await ready(open);
        for (const part of ['drain', 'links', 'times', 'causes', 'guests', 'settings']) {
          expect(await open.page.locator(`#${part}`).isVisible()).toBe(true);
        }
        await open.page.locator('#guests tbody button').first().click();
        expect(await textOf(open, 'dialog h2')).toMatch(/\//);
        expect(await textOf(open, 'dialog .decisions')).toContain('migration-started');
        expect(await open.page.locator('dialog canvas').count()).toBe(1);
        await open.page.keyboard.press('Escape');
        expect(await open.page.locator('dialog').isVisible()).toBe(false);
        // Nothing hangs over the page's right edge.
        const over = 'document.documentElement.scrollWidth - window.innerWidth';
        expect(await open.page.evaluate(over)).toBeLessThanOrEqual(0);
        expect([open.complaints, open.requests]).toEqual([[], []]);
      });
    }
  });

  it('filters by search, outcome and brush, sorts, and copies what is shown', async () => {
    await withPage(browser as TestBrowser, join(made, 'racks/report.html'), {}, async (open) => {
      await ready(open);
      const { page } = open;
      const rows = page.locator('#guests tbody tr');
      expect(await rows.count()).toBe(39);
      await page.locator('input[type=search]').fill('orders');
      expect(await rows.count()).toBe(3);
      expect(await textOf(open, '.status')).toBe('3 of 39 guests');
      await page.getByRole('button', { name: 'Show all' }).click();
      await page.locator('[data-outcome=failed]').click();
      expect(await rows.count()).toBe(1);
      await page.getByRole('button', { name: 'Show all' }).click();
      await page.getByRole('button', { name: 'Downtime', exact: true }).click();
      expect(await rows.first().textContent()).toContain('shop/orders-');
      await page.locator('#causes').getByRole('button', { name: 'completion-timeout' }).click();
      expect(await rows.count()).toBe(1);
      await page.getByRole('button', { name: 'Show all' }).click();

      await brush(open, 0.2, 0.5);
      expect(await textOf(open, '.status')).toMatch(/^[1-9]\d? of 39 guests · brushed/);

      await page.evaluate(
        'navigator.clipboard.writeText = async (text) => { window.copied = text }',
      );
      await page.getByRole('button', { name: /^Copy/ }).click();
      const copied = String(await page.evaluate('window.copied'));
      expect(copied).toMatch(/^guest,memory_bytes,source_node,final_node,outcome,/);
      expect(copied.trimEnd().split('\r\n')).toHaveLength(1 + (await rows.count()));
      expect([open.complaints, open.requests]).toEqual([[], []]);
    });
  });

  it('shows two runs side by side, and which settings differ', async () => {
    const folders = [join(made, 'racks'), join(made, 'more-at-once')];
    const answer = await sluice(['report', ...folders]);
    const file = join(made, 'racks', 'comparison.html');
    expect(answer.stdout).toBe(`Wrote ${file}\n`);
    await withPage(browser as TestBrowser, file, {}, async (open) => {
      await ready(open);
      expect(await open.page.locator('h1').count()).toBe(2);
      expect(await textOf(open, '#drain')).toContain('Run B');
      expect(await textOf(open, '#guests thead')).toMatch(/Downtime A[\s\S]*Downtime B/);
      const differs = open.page.locator('#settings > div > .wide').first();
      expect(await differs.textContent()).toContain(
        'no policy: parallelMigrationsPerCluster5 migrations12 migrations',
      );
      await open.page.locator('#guests tbody button').first().click();
      await open.page.locator('dialog').getByRole('button', { name: 'Run B' }).click();
      expect(await textOf(open, 'dialog')).toContain('run again with --report');
      expect([open.complaints, open.requests]).toEqual([[], []]);
    });
  });

  it('shows names that look like markup as text, and runs nothing of them', () =>
    inFolder(async (cwd) => {
      cpSync(join(made, 'racks'), join(cwd, 'out'), { recursive: true });
      const evil = '<img src=x onerror=alert(1)></script><b>bold';
      const names: Readonly<Record<string, string>> = {
        'shop/orders-6': evil,
        'rack-1-node-01': '<svg onload=alert(2)>',
        'three-racks': '</title><script>alert(3)</script>',
        caches: '&lt;i&gt;&amp;',
      };
      for (const [name, content] of Object.entries(contentsOf(join(cwd, 'out')))) {
        if (!name.endsWith('.csv')) continue;
        let changed = content.replaceAll('shop,orders-6', `shop,${evil}`);
        for (const [from, to] of Object.entries(names)) changed = changed.replaceAll(from, to);
        writeFileSync(join(cwd, 'out', name), changed);
      }
      expect((await sluice(['report', 'out'], { cwd })).code).toBe(0);
      await withPage(browser as TestBrowser, join(cwd, 'out/report.html'), {}, async (open) => {
        let alerted = false;
        open.page.on('dialog', () => {
          alerted = true;
        });
        await ready(open);
        expect(await textOf(open, '.run')).toContain('</title><script>alert(3)</script>');
        expect(await textOf(open, '#guests')).toContain(evil);
        await open.page.getByRole('button', { name: evil }).last().click();
        expect(await textOf(open, 'dialog h2')).toContain(evil);
        await open.page.keyboard.press('Escape');
        await open.page
          .locator('#drain canvas')
          .first()
          .hover({ position: { x: 200, y: 60 } });
        expect(await open.page.locator('main img, main svg, main b').count()).toBe(0);
        expect(alerted).toBe(false);
        expect([open.complaints, open.requests]).toEqual([[], []]);
      });
    }));

  it('is printed as a whole, in light colours', async () => {
    const file = join(made, 'convergence/report.html');
    await withPage(browser as TestBrowser, file, { colorScheme: 'dark' }, async (open) => {
      await ready(open);
      expect((await open.page.pdf()).length).toBeGreaterThan(20_000);
      expect(open.complaints).toEqual([]);
    });
  });
});

/** Drags over part of the drain, as shares of its picture's width. */
async function brush({ page }: OpenPage, from: number, to: number): Promise<void> {
  const canvas = page.locator('#drain canvas').first();
  await canvas.scrollIntoViewIfNeeded();
  const box = await canvas.boundingBox();
  if (box === null) throw new Error('the drain has no picture');
  const top = box.y + 40;
  await page.mouse.move(box.x + box.width * from, top);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * ((from + to) / 2), top + 150);
  await page.mouse.move(box.x + box.width * to, top + 380);
  await page.mouse.up();
  await page.locator('.status', { hasText: 'brushed' }).waitFor({ state: 'attached' });
}
