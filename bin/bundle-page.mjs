// bundle-page.mjs ENTRY FOLDER: a page's script and style, each one file, for browsers from 2022 on.
import { build } from 'esbuild';

const [entry, folder] = process.argv.slice(2);
try {
  await build({
    entryPoints: [entry],
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'iife',
    target: ['chrome100', 'firefox100', 'safari16'],
    // Only so far as it is ASCII does a page show the same whatever a server says of its charset.
    charset: 'ascii',
    legalComments: 'none',
    logLevel: 'warning',
  });
} catch {
  process.exitCode = 1;
}
