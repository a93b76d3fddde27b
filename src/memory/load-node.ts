/** Loads the kernels' module from the build, beside which this file lies once compiled. */
import { existsSync, readFileSync } from 'node:fs';
import { InputError } from '../fleet/input-error.js';
import { instantiateKernels, type Kernels } from './kernels.js';

/** Compiled, this file is dist/memory/load-node.js; run from its source, the build is ../../dist. */
const PLACES = ['../kernels.wasm', '../../dist/kernels.wasm'];

/** @throws Error when nothing is built; InputError when the system gives a thread too little room */
export function loadKernels(): Kernels {
  const module = loadKernelModule();
  try {
    return instantiateKernels(module);
  } catch (error) {
    if (error instanceof RangeError) throw new InputError('sluice', '', TOO_LITTLE_ROOM);
    throw error;
  }
}

/** V8 keeps some 10 GiB of addresses free around a WebAssembly memory; they cost no memory. */
const TOO_LITTLE_ROOM =
  'the system leaves the process too few addresses (ulimit -v) for WebAssembly, which takes some 10 GiB of them a thread, though little memory; raise that limit, and bound the memory with --max-memory';

function loadKernelModule(): WebAssembly.Module {
  for (const place of PLACES) {
    const url = new URL(place, import.meta.url);
    if (existsSync(url)) return new WebAssembly.Module(new Uint8Array(readFileSync(url)));
  }
  throw new Error('kernels.wasm is not built: run npm run build');
}
