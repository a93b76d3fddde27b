/**
 * The kernels' algorithms in C (bench/native), compiled here and run beside WebAssembly: how much of
 * what the processor gives do the kernels reach? Left out where no C compiler is.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './whole-run.js';

/** Levels of the x86-64 psABI: SSE4.2 with popcnt, and AVX2. */
type Target = 'v2' | 'v3';
/** A figure of each; null where the processor or the compiler lacks the target. */
export type PerTarget = Readonly<Record<Target, number | null>>;

export function perTarget(of: (target: Target) => number | null): PerTarget {
  return { v2: of('v2'), v3: of('v3') };
}

/** Programs by target. */
export type NativeKernels = Readonly<Record<Target, string | null>>;

const COMPILERS = ['cc', 'gcc', 'clang'];
/** No fused multiply-add: WebAssembly has none, and results are to be the same bit for bit. */
const FLAGS = ['-O3', '-std=c11', '-ffp-contract=off'];

/** Compiles into a temporary folder that goes with the process; or says why it cannot. */
export function compileNative(): NativeKernels | { readonly missing: string } {
  if (process.arch !== 'x64') return { missing: `C for x86-64 beside ${process.arch}` };
  const compiler = [process.env.CC, ...COMPILERS].find(
    (name) => name !== undefined && spawnSync(name, ['--version']).status === 0,
  );
  if (compiler === undefined) return { missing: `a C compiler (${COMPILERS.join(', ')})` };
  const folder = mkdtempSync(join(tmpdir(), 'sluice-native-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const compile = (target: Target): string | null => {
    const program = join(folder, target);
    const source = join(root, 'bench/native/main.c');
    const level = `-march=x86-64-${target}`;
    const { status } = spawnSync(compiler, [...FLAGS, level, source, '-lm', '-o', program]);
    const runs = status === 0 && spawnSync(program, ['popcount', '4096', '1']).status === 0;
    return runs ? program : null;
  };
  return { v2: compile('v2'), v3: compile('v3') };
}

/**
 * Best time of a call, in seconds, as kernels.ts measures it.
 * @throws Error when the C program computes something else than `hash`, or ends with an error
 */
export function nativeSeconds(
  native: NativeKernels,
  [kernel, argument]: readonly [string, string],
  milliseconds: number,
  hash: string,
): PerTarget {
  const measure = (target: Target): number | null => {
    const program = native[target];
    if (program === null) return null;
    const inline = argument.length < 100;
    const { status, stdout } = spawnSync(
      program,
      [kernel, inline ? argument : '-', String(milliseconds)],
      { encoding: 'utf8', input: inline ? '' : argument },
    );
    if (status !== 0) throw new Error(`bench/native ${kernel}, ${target}: ended with ${status}`);
    const [seconds, computed] = stdout.trim().split(' ');
    if (computed !== hash) {
      throw new Error(`bench/native ${kernel} ${target} computes ${computed}, not ${hash}`);
    }
    return Number(seconds);
  };
  return perTarget(measure);
}
