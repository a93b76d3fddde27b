// `npm run playground`: one HTML file with everything in it (script, worker, kernels, the fleets that
// a person can start from), for a browser without a network. Prints where it is.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { prepareOrExit, root } from './prepare.mjs';

const usage = 'usage: npm run playground [-- FILE.html]';
const given = process.argv.slice(2);
if (given.length > 1 || given[0]?.startsWith('-')) {
  process.stderr.write(`${usage}\n`);
  process.exit(2);
}
await prepareOrExit();
const output = given[0] ?? join(root, 'out/playground.html');
const page = await pageText();
mkdirSync(dirname(output), { recursive: true });
writeFileSync(output, page);
process.stdout.write(`Wrote ${relative(process.cwd(), output)}: open it in a browser\n`);

async function pageText() {
  const folder = join(root, 'src/playground/page');
  const parts = {
    style: `${read('node_modules/uplot/dist/uPlot.min.css')}${read(join('src/playground/page', 'style.css'))}`,
    script: await bundle(join(folder, 'main.ts')),
    worker: await bundle(join(folder, 'worker.ts')),
    kernels: readFileSync(join(root, 'dist/kernels.wasm')).toString('base64'),
    bases: JSON.stringify(await bases()),
  };
  return read('src/playground/page/page.html').replace(
    /(<(?:style|script)[^>]* data-part="(\w+)"[^>]*>)\s*(?=<\/)/g,
    (_, tag, name) => `${tag}${insideElement(parts[name])}`,
  );
}

function read(path) {
  return readFileSync(join(root, path), 'utf8');
}

// In scripts and JSON the two mean the same; without it the text would end the element.
function insideElement(text) {
  return text.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
}

async function bundle(entry) {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'warning',
  });
  return outputFiles[0].text;
}

async function bases() {
  const { BASE_SOURCES } = await import('../dist/playground/bases.js');
  const { loadFleet } = await import('../dist/fleet/load/load-fleet.js');
  return Promise.all(
    BASE_SOURCES.map(async ({ file, parameter, ...base }) => {
      const set =
        parameter === null
          ? []
          : [{ path: `parameters.${parameter.name}`, value: parameter.value }];
      const { fleet } = await loadFleet({ files: [join(root, 'fleets', file)], set });
      return { ...base, fleet };
    }),
  );
}
