/** Random networks on which random things go wrong; every run checks itself (checks.ts). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FleetEvent } from '../../src/fleet/model.js';
import { buildFleet, buildNic, GIB, SECOND_US } from '../fleet-builder.js';
import { runFleet } from './run-fleet.js';

describe('any network, anything that goes wrong', () => {
  const nodes = ['node-01', 'node-02', 'node-03', 'node-04'];
  const seconds = (most: number) => fc.integer({ min: 0, max: most }).map((s) => s * SECOND_US);
  const link = fc.constantFrom(
    'nic/node-01',
    'nic/node-01/up',
    'nic/node-02/down',
    'proxy',
    'rack',
  );
  const during = { atUs: seconds(60), link, forUs: seconds(60) };
  const event: fc.Arbitrary<FleetEvent> = fc.oneof(
    fc.record({ kind: fc.constant('link-down' as const), ...during }),
    fc.record({
      kind: fc.constant('link-degraded' as const),
      ...during,
      share: fc.constantFrom(0, 0.01, 0.5),
    }),
    fc.record({
      kind: fc.constant('link-flapping' as const),
      ...during,
      downUs: seconds(3),
      upUs: seconds(9),
    }),
    fc.record({
      kind: fc.constant('packet-loss' as const),
      ...during,
      loss: fc.constantFrom(1e-4, 0.02, 1),
    }),
    fc.record({
      kind: fc.constantFrom('nic-lost' as const, 'node-lost' as const),
      atUs: seconds(60),
      node: fc.constantFrom(...nodes),
    }),
  );
  const scenario = fc.record({
    members: fc.tuple(...nodes.map(() => fc.integer({ min: 1, max: 3 }))),
    hashing: fc.constantFrom('layer3+4' as const, 'layer2+3' as const, 'balanced' as const),
    uplinkMembers: fc.integer({ min: 1, max: 4 }),
    zones: fc.boolean(),
    wants: fc.double({ min: 0, max: 5e9, noNaN: true }),
    priority: fc.constantFrom('first' as const, 'fair' as const, 'last' as const),
    events: fc.array(event, { maxLength: 4 }),
    postCopy: fc.boolean(),
    seed: fc.integer({ min: 1, max: 99 }),
  });

  test('every guest has its outcome, bytes add up, no link is above capacity', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (draw) => {
        const zone = (name: string) => (draw.zones ? name : null);
        const fleet = buildFleet({
          nodes: 4,
          guests: Array.from({ length: 6 }, (_, i) => ({
            name: `g${i}`,
            memoryBytes: 32 * GIB,
          })),
          network: {
            nics: nodes.map((node, i) =>
              buildNic({
                node,
                bytesPerSecond: 1.25e9,
                members: draw.members[i] ?? 1,
                hashing: draw.hashing,
                rack: i < 2 ? 'a' : 'b',
              }),
            ),
            racks: ['a', 'b'].map((name) => ({
              name,
              uplinkBytesPerSecond: 1e9,
              uplinkMembers: draw.uplinkMembers,
              zone: zone(name),
            })),
            zones: draw.zones ? ['a', 'b'].map((name) => ({ name, spineBytesPerSecond: 3e9 })) : [],
            wans: draw.zones
              ? [{ from: 'a', to: 'b', bytesPerSecond: 8e8, roundTripTimeUs: 20_000 }]
              : [],
            background: [
              {
                link: 'rack/*/up',
                profile: { kind: 'constant', bytesPerSecond: draw.wants },
                connections: 64,
                priority: draw.priority,
                reservedShare: 0.05,
              },
            ],
          },
          kubevirt: {
            migrations: {
              allowPostCopy: draw.postCopy,
              allowWorkloadDisruption: draw.postCopy,
              completionTimeoutPerGiB: 3,
            },
          },
          events: draw.events,
          drain: { timeoutUs: 1800 * SECOND_US },
        });
        // The run checks itself (checks.ts) and throws.
        const options = { seed: draw.seed, linkStepUs: 7 * SECOND_US };
        const result = await runFleet(fleet, options);
        expect(result.guests).toHaveLength(6);
        for (const row of result.links)
          expect(row.fullUs).toBeLessThanOrEqual(row.toUs - row.fromUs);
        expect(await runFleet(fleet, options)).toEqual(result);
      }),
      { numRuns: 40, seed: 20261122 },
    );
  }, 60_000);
});
