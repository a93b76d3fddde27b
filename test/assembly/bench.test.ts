import { expect, it } from 'vitest';
import { benchKernels } from '../../bench/kernels.js';
import { compileNative } from '../../bench/native-kernels.js';
import { benchRounds } from '../../bench/rounds.js';

it('the bench of the kernels runs, and computes the same every time', () => {
  const rows = benchKernels(true, null);
  expect(rows.every((row) => row.value > 0 && Number.isFinite(row.value))).toBe(true);
  const hashes = (each: typeof rows): string[] => each.map((row) => `${row.name} ${row.hash}`);
  expect(hashes(benchKernels(true, null))).toEqual(hashes(rows));
});

it('the same algorithms in C compute the same, where a compiler is', (test) => {
  const native = compileNative();
  if ('missing' in native) return test.skip(`there is no ${native.missing}`);
  // throws where a hash differs
  const rows = benchKernels(true, native);
  expect(rows.filter((row) => (row.nativeSeconds?.v2 ?? 0) > 0).length).toBeGreaterThan(20);
});

it('rounds come to the same on one thread and on two', async () => {
  const rows = await benchRounds(true);
  const hashOf = (threads: string): string[] =>
    rows.flatMap(({ name, hash }) => (name.endsWith(`page, ${threads}`) ? [hash] : []));
  expect(hashOf('2 threads')).toEqual(hashOf('1 thread'));
  expect(hashOf('1 thread')).toHaveLength(5);
});
