// Compiles a folder that has a tsconfig.json and a main.ts, with the sources that it imports, and
// runs its `main` with the process's arguments.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepareOrExit, root } from './prepare.mjs';

export async function runCompiled(folder, output) {
  await prepareOrExit();
  const { main } = await import(compile(root, folder, output));
  await main(process.argv.slice(2));
}

/** Compiles `folder` of the repository or of a copy; the address of its main module. */
export function compile(base, folder, output, options = []) {
  const out = join(base, output);
  const { status } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(base, folder), ...options],
    { cwd: base, stdio: ['ignore', 2, 2] },
  );
  if (status !== 0) process.exit(70);
  // The compiled sources look for the kernels beside themselves, as in dist/.
  mkdirSync(join(out, 'src'), { recursive: true });
  copyFileSync(join(root, 'dist/kernels.wasm'), join(out, 'src/kernels.wasm'));
  return pathToFileURL(join(out, folder, 'main.js')).href;
}
