/** Loads the kernels' module from the build, beside which this file lies once compiled. */
import { existsSync, readFileSync } from 'node:fs';
import { instantiateKernels, type Kernels } from './kernels.js';

/** Compiled, this file is dist/memory/load-node.js; run from its source, the build is ../../dist. */
const PLACES = ['../kernels.wasm', '../../dist/kernels.wasm'];

/** Throws when nothing is built. */
export function loadKernels(): Kernels {
  return instantiateKernels(loadKernelModule());
}

function loadKernelModule(): WebAssembly.Module {
  for (const place of PLACES) {
    const url = new URL(place, import.meta.url);
    if (existsSync(url)) return new WebAssembly.Module(new Uint8Array(readFileSync(url)));
  }
  throw new Error('kernels.wasm is not built: run npm run build');
}
