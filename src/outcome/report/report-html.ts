/**
 * One HTML file that holds everything: the page's style and script, and the run as packed JSON.
 * Names from a cluster enter it as escaped text or as data, never as markup, and the page's
 * Content-Security-Policy lets no other script run and no request leave.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { deflateSync, strToU8 } from 'fflate';
import { type HeadlineFigure, headlineFigures, runName, verdictOf } from './headline.js';
import type { ReadRun } from './read-run.js';

interface PageFiles {
  readonly script: string;
  readonly style: string;
}

/** `npm run build` makes them from the files in page/. */
const SCRIPT = new URL('../../report-page/main.js', import.meta.url);
const STYLE = new URL('../../report-page/main.css', import.meta.url);

/** One run, or two side by side. The same runs give the same bytes. */
export async function reportHtml(runs: readonly ReadRun[]): Promise<string> {
  const script = (await readFile(SCRIPT, 'utf8')).trim();
  const style = (await readFile(STYLE, 'utf8')).trim();
  return page(runs, { script, style });
}

function page(runs: readonly ReadRun[], { script, style }: PageFiles): string {
  const names = runs.map(({ tables }) => runName(tables.summary));
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${escapeHtml(`Sluice: ${names.join(' and ')}`)}</title>
<style>${style}</style>
</head>
<body>
<a class="skip" href="#main">To the report</a>
<header class="top">
<p class="brand">Sluice <span>drain report</span></p>
${runs.map((run, i) => head(run, runs.length > 1 ? 'AB'.charAt(i) : '')).join('\n')}
</header>
<main id="main" tabindex="-1"><noscript><p class="notice">The charts and tables need JavaScript; nothing is loaded from anywhere.</p></noscript></main>
<script type="application/json" id="tables">${packed(runs.map(({ tables }) => tables))}</script>
${runs.map(({ detail }, i) => `<script type="application/json" id="detail-${i}">${packed(detail)}</script>`).join('\n')}
<script>${script}</script>
</body>
</html>
`;
}

function head({ tables }: ReadRun, letter: string): string {
  const mark = letter === '' ? '' : `<span class="letter">${letter}</span> `;
  return `<section class="head" aria-label="The answer${letter === '' ? '' : ` of run ${letter}`}">
<h1>${mark}${escapeHtml(verdictOf(tables.summary))}</h1>
<p class="run">${escapeHtml(runName(tables.summary))}</p>
<dl class="figures">${headlineFigures(tables.summary).map(figureHtml).join('')}</dl>
</section>`;
}

function figureHtml({ title, value, note, isBad }: HeadlineFigure): string {
  const label = `<dt>${escapeHtml(title)}</dt>`;
  const figure = `<dd class="value">${escapeHtml(value)}</dd>`;
  return `<div${isBad ? ' class="bad"' : ''}>${label}${figure}<dd class="note">${escapeHtml(note)}</dd></div>`;
}

/** Deflate is fflate's on both sides: zlib's bytes differ between machines. */
function packed(data: unknown): string {
  return `"${Buffer.from(deflateSync(strToU8(JSON.stringify(data)), { level: 9 })).toString('base64')}"`;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** Text as text, whatever a fleet file calls its guests; direction marks cannot reorder it. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"'\u202a-\u202e\u2066-\u2069]/g, (c) => `&#${c.charCodeAt(0)};`);
}
