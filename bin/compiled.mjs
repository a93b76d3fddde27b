// Compiles a folder that has a tsconfig.json and a main.ts, with the sources that it imports, and
// runs its `main` with the process's arguments.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepareOrExit, root } from './prepare.mjs';

export async function runCompiled(folder, output) {
  await prepareOrExit();
  const out = join(root, output);
  const { status } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, folder)],
    { cwd: root, stdio: ['ignore', 2, 2] },
  );
  if (status !== 0) process.exit(70);
  // The compiled sources look for the kernels beside themselves, as in dist/.
  mkdirSync(join(out, 'src'), { recursive: true });
  copyFileSync(join(root, 'dist/kernels.wasm'), join(out, 'src/kernels.wasm'));
  const { main } = await import(pathToFileURL(join(out, folder, 'main.js')).href);
  await main(process.argv.slice(2));
}
