/** Starts worker threads on a module of ours, from the build or beside its source. */
import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';

/**
 * A pool of exactly so many threads, one task each at a time.
 * @param module the worker's place in the build, as `memory/pool-worker.js`, or an absolute path
 * @throws Error when it is not built
 */
export function startPool(module: string, threads: number): Piscina {
  const pool = new Piscina({
    filename: isAbsolute(module) ? module : workerFile(module),
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
    execArgv: workerArguments(),
  });
  // A thread that dies between two tasks is replaced; nobody has lost anything.
  pool.on('error', () => {});
  return pool;
}

/**
 * Piscina asks for our module by `require` first. Node 20 dies as a whole when a worker is ended
 * while it so loads an ES module (a run that is shorter than the start of its threads); without
 * that feature `require` fails at once, and `import` is taken, which can be ended at any time.
 */
function workerArguments(): string[] {
  const flag = '--experimental-require-module';
  return process.allowedNodeEnvironmentFlags.has(flag) ? ['--no-experimental-require-module'] : [];
}

/** Compiled, this file is dist/memory/pool-start.js; run from its source, the build is ../../dist. */
function workerFile(module: string): string {
  for (const build of ['../', '../../dist/']) {
    const path = fileURLToPath(new URL(`${build}${module}`, import.meta.url));
    if (existsSync(path)) return path;
  }
  throw new Error(`${module} is not built: run npm run build`);
}
