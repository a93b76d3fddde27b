/** A real browser for tests of pages (bin/browser.mjs: which one). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { browserPath } from '../bin/browser.mjs';

/** Null where there is none: tests that need it are skipped, and say so by their name. */
export { browserPath };

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface TestBrowser {
  readonly context: BrowserContext;
  readonly close: () => Promise<void>;
}

/** With a profile of its own, removed at the end. */
export async function openBrowser(): Promise<TestBrowser> {
  if (browserPath === null) throw new Error('there is no browser here');
  const profile = mkdtempSync(join(tmpdir(), 'sluice-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: browserPath,
    args: FLAGS,
    viewport: { width: 1440, height: 900 },
  });
  return {
    context,
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

export interface OpenPage {
  readonly page: Page;
  /** Errors of the page, and what it wrote to the console. */
  readonly complaints: readonly string[];
  /** Requests for anything but the file itself. */
  readonly requests: readonly string[];
}

export interface Screen {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
}

/** Opens a file in a tab of its own. */
export async function withPage<T>(
  { context }: TestBrowser,
  file: string,
  { width = 1440, colorScheme = 'light' }: Screen,
  work: (open: OpenPage) => Promise<T>,
): Promise<T> {
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  const own = pathToFileURL(file).href;
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    const url = request.url().split('#')[0] ?? '';
    if (url !== own && !url.startsWith('data:')) requests.push(url);
  });
  try {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    await page.goto(own);
    return await work({ page, complaints, requests });
  } finally {
    await page.close();
  }
}
