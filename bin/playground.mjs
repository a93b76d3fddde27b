// `npm run playground`: one HTML file with everything in it (script, worker, kernels, the fleets that
// a person can start from), for a browser without a network. Prints where it is.
import { spawnSync } from 'node:child_process';
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
  for (const entry of ['main.ts', 'worker.ts']) bundle(join('src/playground/page', entry));
  const parts = {
    style: read('dist/playground-page/main.css'),
    script: read('dist/playground-page/main.js'),
    worker: read('dist/playground-page/worker.js'),
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

function bundle(entry) {
  const args = [join(root, 'bin/bundle-page.mjs'), entry, 'dist/playground-page'];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(70);
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
