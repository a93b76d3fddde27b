import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLimitClock, noteLimits, readLimits } from '../../src/kubevirt/limit-clock.js';

describe('the clocks of full limits', () => {
  it('tell what looking at every instant tells', () => {
    const change = fc.record({
      afterUs: fc.integer({ min: 0, max: 5 }),
      node: fc.integer({ min: 0, max: 2 }),
      cluster: fc.boolean(),
      full: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        const clock = createLimitClock(3, { cluster: false, node: false });
        const full = [false, false, false];
        const nodeUs = [0, 0, 0];
        let cluster = false;
        let clusterUs = 0;
        let nowUs = 0;
        for (const { afterUs, node, cluster: clusterThen, full: nodeThen } of changes) {
          for (let us = 0; us < afterUs; us += 1) {
            if (cluster) clusterUs += 1;
            else
              full.forEach((is, at) => {
                if (is) nodeUs[at] = (nodeUs[at] ?? 0) + 1;
              });
          }
          nowUs += afterUs;
          noteLimits(clock, nowUs, node, { cluster: clusterThen, node: nodeThen });
          cluster = clusterThen;
          full[node] = nodeThen;
          for (const at of [0, 1, 2]) {
            expect(readLimits(clock, nowUs, at)).toEqual({ clusterUs, nodeUs: nodeUs[at] });
          }
        }
      }),
      { seed: 3, numRuns: 200 },
    );
  });
});
