import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fleet, Guest } from '../../src/fleet/model.js';
import { launcherRequests } from '../../src/kubevirt/launcher-requests.js';
import { buildFleet, GIB, type GuestInput, SECOND_US } from '../fleet-builder.js';
import { type DriverResult, drive } from './control-plane-driver.js';

const OUTCOMES = ['succeeded', 'failed', 'aborted', 'lost'] as const;
const STRATEGIES = ['None', 'LiveMigrate', 'LiveMigrateIfPossible', 'External'] as const;

const scenario = fc.record({
  nodes: fc.integer({ min: 2, max: 6 }),
  drained: fc.integer({ min: 1, max: 3 }),
  parallel: fc.integer({ min: 1, max: 6 }),
  outbound: fc.integer({ min: 1, max: 3 }),
  memoryGib: fc.integer({ min: 8, max: 64 }),
  guests: fc.array(
    fc.record({
      node: fc.nat({ max: 5 }),
      memoryGib: fc.integer({ min: 1, max: 16 }),
      strategy: fc.constantFrom(...STRATEGIES, 'LiveMigrate' as const, 'LiveMigrate' as const),
      migratable: fc.boolean(),
      descheduled: fc.boolean(),
    }),
    { maxLength: 24 },
  ),
  ends: fc.array(fc.constantFrom(...OUTCOMES), { minLength: 1, maxLength: 7 }),
  seed: fc.nat(),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

function fleetOf(input: Scenario): Fleet {
  const name = (index: number) => `node-0${(index % input.nodes) + 1}`;
  return buildFleet({
    nodes: Array.from({ length: input.nodes }, (_, index) => ({
      name: name(index),
      allocatable: { cpu: 64, memory: input.memoryGib * GIB, pods: 20 },
    })),
    guests: input.guests.map(
      (guest, index): GuestInput => ({
        name: `g${String(index).padStart(2, '0')}`,
        node: name(guest.node),
        memoryBytes: guest.memoryGib * GIB,
        evictionStrategy: guest.strategy,
        liveMigratable: { status: guest.migratable, reason: 'No', message: 'no' },
        annotations: guest.descheduled ? { 'kubevirt.io/eviction-source': 'descheduler' } : {},
      }),
    ),
    drain: { nodes: [...new Set(Array.from({ length: input.drained }, (_, at) => name(at)))] },
    kubevirt: {
      migrations: {
        parallelMigrationsPerCluster: input.parallel,
        parallelOutboundMigrationsPerNode: input.outbound,
      },
    },
  });
}

function run(input: Scenario): { readonly fleet: Fleet; readonly result: DriverResult } {
  const fleet = fleetOf(input);
  const end = ({ migrationId }: { migrationId: number }) => ({
    outcome: input.ends[migrationId % input.ends.length] ?? ('succeeded' as const),
    failCause: '',
    reason: 'as drawn',
  });
  const result = drive(fleet, { seed: input.seed, end, lengthUs: 17 * SECOND_US });
  return { fleet, result };
}

/** Nodes that took guests in and now hold more than they can, or that are drained themselves. */
function overfilledTargets(fleet: Fleet, result: DriverResult): readonly string[] {
  const nodeOf = new Map(fleet.guests.map(({ name, node }) => [name, node ?? '']));
  const targets = new Set<string>();
  for (const [name, { finalNode, outcome }] of result.settled) {
    nodeOf.set(name, finalNode);
    if (outcome === 'moved') targets.add(finalNode);
  }
  return [...targets].filter((target) => {
    const bytes = fleet.guests
      .filter(({ name }) => nodeOf.get(name) === target)
      .reduce((sum, guest) => sum + memoryRequest(guest, fleet), 0);
    const allocatable = fleet.nodes.find(({ name }) => name === target)?.allocatable.memory ?? 0;
    return bytes > allocatable || fleet.drain.nodes.includes(target);
  });
}

function memoryRequest(guest: Guest, fleet: Fleet): number {
  return launcherRequests(guest, fleet.kubevirt).get('memory') ?? 0;
}

const settings = { seed: 20260914, numRuns: 150 };

describe('random fleets', () => {
  it('never exceed the limits, from target-pod creation to the end', () => {
    fc.assert(
      fc.property(scenario, (input) => {
        const { fleet, result } = run(input);
        const held = new Map<string, string>();
        const sourceOf = new Map(fleet.guests.map(({ name, node }) => [name, node ?? '']));
        for (const { action } of result.actions) {
          if (action.kind !== 'decision') continue;
          if (action.action === 'target-pod-created') {
            held.set(action.name, sourceOf.get(action.name) ?? '');
          } else if (/^migration-(succeeded|failed|aborted|lost)$/.test(action.action)) {
            held.delete(action.name);
          }
          const nodes = [...held.values()];
          expect(held.size).toBeLessThanOrEqual(input.parallel);
          for (const node of new Set(nodes)) {
            expect(nodes.filter((other) => other === node).length).toBeLessThanOrEqual(
              input.outbound,
            );
          }
        }
      }),
      settings,
    );
  });

  it('settle every guest of the drained nodes once, and only those', () => {
    fc.assert(
      fc.property(scenario, (input) => {
        const { fleet, result } = run(input);
        const drained = fleet.guests.filter(({ node }) => fleet.drain.nodes.includes(node ?? ''));
        expect([...result.settled.keys()].sort()).toEqual(drained.map(({ name }) => name).sort());
        for (const { outcome } of result.settled.values()) expect(outcome).not.toBe('waiting');
      }),
      settings,
    );
  });

  it('never overfill a node and empty exactly those without guests left', () => {
    fc.assert(
      fc.property(scenario, (input) => {
        const { fleet, result } = run(input);
        const blocked = new Set<string>();
        for (const { guestIndex, blocksNode } of result.settled.values()) {
          if (blocksNode) blocked.add(fleet.guests[guestIndex]?.node ?? '');
        }
        const emptied = result.actions.flatMap(({ action }) =>
          action.kind === 'node-empty' ? [action.node] : [],
        );
        const expected = fleet.drain.nodes.filter((node) => !blocked.has(node));
        expect(emptied.sort()).toEqual([...expected]);
        expect(overfilledTargets(fleet, result)).toEqual([]);
      }),
      settings,
    );
  });

  it('are the same each time, and never run back in time', () => {
    fc.assert(
      fc.property(scenario, (input) => {
        expect(run(input).result.actions).toEqual(run(input).result.actions);
      }),
      { ...settings, numRuns: 30 },
    );
  });
});
