import { expect, it } from 'vitest';
import { memoryGuard } from '../../src/cli/memory-guard.js';

it('ends a run that stays near the limit, and no other', () => {
  const MIB = 2 ** 20;
  let used = 0;
  let nowMs = 0;
  const heap = () => ({ used_heap_size: used * MIB, heap_size_limit: 1000 * MIB });
  const guard = memoryGuard(null, heap, () => nowMs);
  const look = (mib: number) => {
    used = mib;
    nowMs += 150;
    guard();
  };
  // Garbage that is collected in time.
  for (const mib of [100, 950, 990, 500, 950, 960, 700]) look(mib);
  look(940);
  look(950);
  expect(() => look(960)).toThrow(
    'sluice: out of memory: the run needs more than the 1000 MiB that Node may use; give it more with NODE_OPTIONS=--max-old-space-size=2000',
  );
});
