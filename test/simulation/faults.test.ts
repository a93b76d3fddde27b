/** Components that fail, in each phase of a migration, with what KubeVirt and QEMU make of it. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { FleetEvent } from '../../src/fleet/model.js';
import type { RunResult } from '../../src/simulation/result.js';
import { buildFleet, buildVolume, type FleetInput, GIB, SECOND_US } from '../fleet-builder.js';
import { runFleet } from './run-fleet.js';

const MIB = 2 ** 20;
const GUEST = 'default/db';

/** 8 GiB, half of them written, at 128 MiB/s; with a disk of 4 GiB that is copied first. */
function fleetOf(events: readonly FleetEvent[], input: FleetInput & { postCopy?: boolean } = {}) {
  const region = (name: string, pagesPerSecond: number) => ({
    name,
    bytes: 4 * GIB,
    filledShare: 1,
    compressedShare: 1,
    placement: { kind: 'spread' as const },
    writes:
      pagesPerSecond > 0 ? { kind: 'random' as const, pagesPerSecond } : { kind: 'none' as const },
    phases: [],
    pacedBy: 'cpu' as const,
  });
  return buildFleet({
    guests: [
      {
        name: 'db',
        memoryBytes: 8 * GIB,
        migrationMethod: 'BlockMigration',
        volumes: [
          buildVolume({
            name: 'data',
            source: 'dataVolume',
            bytes: 4 * GIB,
            writeBytesPerSecond: MIB,
            migration: {
              sourceCapacityBytes: 4 * GIB,
              sourceRequestBytes: 4 * GIB,
              destinationCapacityBytes: 4 * GIB,
            },
          }),
        ],
        workload: {
          kind: 'regions',
          regions: [region('busy', input.postCopy === true ? 60_000 : 1000), region('rest', 0)],
        },
      },
    ],
    kubevirt: {
      migrations: {
        bandwidthPerMigrationBytesPerSecond: 128 * MIB,
        allowPostCopy: input.postCopy === true,
        allowWorkloadDisruption: input.postCopy === true,
        completionTimeoutPerGiB: 10,
      },
    },
    events,
    ...input,
  });
}

const run = (events: readonly FleetEvent[], input: FleetInput & { postCopy?: boolean } = {}) =>
  runFleet(fleetOf(events, input), { jobStatsEveryUs: 1_000_000 });
const first = ({ migrations }: RunResult) => {
  const [migration] = migrations;
  if (migration === undefined) throw new Error('no migration');
  return migration;
};
const outcome = ({ guests }: RunResult) => guests[0]?.outcome;
const timeOf = (result: RunResult, action: string) =>
  result.decisions.find((one) => one.action === action)?.atUs ?? Number.NaN;

/** Instants in each phase of the undisturbed migration. */
type Phase = 'preparing' | 'mirroring' | 'sending' | 'switchover' | 'postcopy';
const at: Record<Phase, number> = {
  preparing: 0,
  mirroring: 0,
  sending: 0,
  switchover: 0,
  postcopy: 0,
};
let usual: RunResult;

beforeAll(async () => {
  usual = await run([]);
  expect(first(usual).outcome).toBe('succeeded');
  at.preparing = (first(usual).startedUs ?? 0) - 1_000_000;
  at.mirroring = (first(usual).startedUs ?? 0) + 2 * SECOND_US;
  at.sending = timeOf(usual, 'mirrors ready') + 5 * SECOND_US;
  at.switchover = (first(usual).endedUs ?? 0) - 15_000;
  const postcopied = await run([], { postCopy: true });
  expect(first(postcopied)).toMatchObject({ outcome: 'succeeded', mode: 'PostCopy' });
  at.postcopy = timeOf(postcopied, 'target resumed') + 100_000;
});

const PRECOPY: readonly Phase[] = ['mirroring', 'sending', 'switchover'];

describe('a node that dies', () => {
  it.each([...PRECOPY, 'preparing'] as Phase[])('with the guest on it, %s: lost', async (phase) => {
    const result = await run([{ kind: 'node-lost', atUs: at[phase], node: 'node-01' }]);
    expect(outcome(result)).toBe('lost');
    expect(result.guests[0]?.finalNode).toBe('');
  });

  it.each([...PRECOPY, 'preparing'] as Phase[])(
    'as its target, %s: the guest goes on, and moves elsewhere',
    async (phase) => {
      const node = first(usual).targetNode;
      const result = await run([{ kind: 'node-lost', atUs: at[phase], node }]);
      expect(first(result)).toMatchObject({ outcome: 'failed', targetNode: node });
      expect(outcome(result)).toBe('moved');
      expect(result.guests[0]?.finalNode).not.toBe(node);
    },
  );

  it.each(['source', 'target'] as const)('as the %s, in post-copy: lost', async (side) => {
    const node = side === 'source' ? 'node-01' : first(usual).targetNode;
    const result = await run([{ kind: 'node-lost', atUs: at.postcopy, node }], { postCopy: true });
    expect(first(result).outcome).toBe('lost');
    expect(outcome(result)).toBe('lost');
  });
});

describe('a guest that has just arrived', () => {
  const arrived = (): number => (first(usual).endedUs ?? 0) + 300_000;

  it('is lost with its node before virt-controller has heard of it', async () => {
    const { targetNode: node } = first(usual);
    const result = await run([{ kind: 'node-lost', atUs: arrived(), node }]);
    expect(first(result).outcome).toBe('succeeded');
    expect(result.guests[0]).toMatchObject({ outcome: 'lost', finalNode: '', movedAtUs: null });
  });

  it('is lost with its pod', async () => {
    const result = await run([{ kind: 'target-pod-lost', atUs: arrived(), guest: GUEST }]);
    expect(outcome(result)).toBe('lost');
  });

  it('is lost with its node as long as the drain goes on', async () => {
    const memory = [2 * GIB, 16 * GIB];
    const guests = memory.map((memoryBytes, i) => ({ name: `g${i}`, memoryBytes }));
    const quick = await run([], { guests });
    const moved = quick.guests.find(({ name }) => name === 'g0');
    const atUs = (moved?.movedAtUs ?? 0) + SECOND_US;
    expect(atUs).toBeLessThan(quick.endUs - SECOND_US);
    const node = moved?.finalNode ?? '';
    const result = await run([{ kind: 'node-lost', atUs, node }], { guests });
    const small = result.guests.find(({ name }) => name === 'g0');
    expect(small).toMatchObject({
      outcome: 'lost',
      reason: `node ${node} was lost`,
      finalNode: '',
    });
    expect(result.nodes[0]).toMatchObject({ guests: 2, moved: 2, blocked: 0 });
  });
});

it('a target that dies in the switchover leaves the guest paused until keep-alive gives up', async () => {
  const node = first(usual).targetNode;
  const atUs = (first(usual).endedUs ?? 0) - (first(usual).downtimeUs ?? 0) + 1000;
  const result = await run([{ kind: 'node-lost', atUs, node }]);
  expect(first(result)).toMatchObject({ outcome: 'failed', failCause: 'network' });
  expect(first(result).guestPauseUs).toBeGreaterThan(29 * SECOND_US);
  expect(first(result).guestPauseUs).toBeLessThan(32 * SECOND_US);
});

describe('a target pod that is gone', () => {
  const gone = (phase: Phase): FleetEvent => ({
    kind: 'target-pod-lost',
    atUs: at[phase],
    guest: GUEST,
  });

  it.each([...PRECOPY, 'preparing'] as Phase[])('%s: failed, tried again', async (phase) => {
    const result = await run([gone(phase)]);
    expect(first(result)).toMatchObject({
      outcome: 'failed',
      failCause: 'target',
      failReason: 'Target pod is down',
      endedUs: at[phase],
    });
    expect(outcome(result)).toBe('moved');
    // The back-off after a first failure (spec/kubevirt.md 5.6).
    expect((result.migrations[1]?.slotUs ?? 0) - at[phase]).toBeGreaterThanOrEqual(20 * SECOND_US);
  });

  it('in post-copy was the guest itself', async () => {
    const result = await run([gone('postcopy')], { postCopy: true });
    expect(first(result)).toMatchObject({ outcome: 'lost', mode: 'PostCopy' });
  });

  it('of a guest that does not migrate changes nothing', async () => {
    const event: FleetEvent = { kind: 'target-pod-lost', atUs: 0, guest: GUEST };
    const fleet = { drain: { startUs: SECOND_US } };
    const strip = ({ guests, migrations }: RunResult) => ({ guests, migrations });
    expect(strip(await run([event], fleet))).toEqual(strip(await run([], fleet)));
  });
});

describe('a target disk that is full', () => {
  it.each(['mirroring', 'sending'] as const)('fails the migration: %s', async (phase) => {
    const atUs = at[phase];
    const result = await run([{ kind: 'target-disk-full', atUs, guest: GUEST }]);
    expect(first(result)).toMatchObject({ outcome: 'failed', failCause: 'volume', endedUs: atUs });
    expect(first(result).failReason).toContain('No space left on device');
    expect(outcome(result)).toBe('moved');
  });

  it('is no matter once all is written', async () => {
    const event: FleetEvent = { kind: 'target-disk-full', atUs: at.switchover, guest: GUEST };
    expect(first(await run([event]))).toEqual(first(usual));
  });

  it('is no matter of a guest whose disks are shared', async () => {
    const shared = { guests: [{ name: 'db', memoryBytes: 8 * GIB }] };
    const event: FleetEvent = { kind: 'target-disk-full', atUs: 12 * SECOND_US, guest: GUEST };
    expect(first(await run([event], shared)).outcome).toBe('succeeded');
  });
});

describe('virt-handler restarted', () => {
  const restarted = (phase: Phase, node: string): FleetEvent => ({
    kind: 'virt-handler-restarted',
    atUs: at[phase],
    node,
    forUs: 40 * SECOND_US,
  });

  it.each(PRECOPY)('cuts the proxies: %s', async (phase) => {
    const result = await run([restarted(phase, 'node-01')]);
    expect(first(result)).toMatchObject({ outcome: 'failed', failCause: 'network' });
    expect(first(result).endedUs).toBe(at[phase]);
    expect(outcome(result)).toBe('moved');
    // Nothing begins from the node before it is back.
    expect(result.migrations[1]?.startedUs).toBeGreaterThanOrEqual(at[phase] + 40 * SECOND_US);
  });

  it('while a migration is prepared holds it up', async () => {
    const node = first(usual).targetNode;
    const result = await run([restarted('preparing', node)]);
    expect(first(result).outcome).toBe('succeeded');
    expect(first(result).startedUs).toBe(at.preparing + 40 * SECOND_US);
  });

  it('at the target just after the end holds the guest up, and loses it after a minute', async () => {
    const endedUs = first(usual).endedUs ?? 0;
    const down = (forUs: number, node = first(usual).targetNode): FleetEvent => ({
      kind: 'virt-handler-restarted',
      atUs: endedUs + 1000,
      node,
      forUs,
    });
    const found = await run([down(50 * SECOND_US)]);
    expect(outcome(found)).toBe('moved');
    expect(found.nodes[0]?.emptyUs).toBeGreaterThan(endedUs + 50 * SECOND_US);
    expect(found.nodes[0]?.emptyUs).toBeLessThan(endedUs + 55 * SECOND_US);
    const givenUp = await run([down(61 * SECOND_US)]);
    expect(outcome(givenUp)).toBe('lost');
    // The target finds it, whatever the source's does.
    const atSource = await run([down(61 * SECOND_US, 'node-01')]);
    expect(outcome(atSource)).toBe('moved');
    expect(atSource.nodes[0]?.emptyUs).toBe(usual.nodes[0]?.emptyUs);
  });

  it('loses a guest in post-copy, and leaves other nodes alone', async () => {
    const lost = await run([restarted('postcopy', 'node-01')], { postCopy: true });
    expect(first(lost).outcome).toBe('lost');
    const other = ['node-02', 'node-03'].find((node) => node !== first(usual).targetNode) ?? '';
    expect(first(await run([restarted('sending', other)])).outcome).toBe('succeeded');
  });
});

describe('libvirt restarted', () => {
  it.each(['source', 'target'] as const)('in the %s launcher ends the job', async (side) => {
    const event: FleetEvent = {
      kind: 'libvirt-restarted',
      atUs: at.sending,
      guest: GUEST,
      side,
    };
    const result = await run([event]);
    const failCause = side === 'target' ? 'target' : 'network';
    expect(first(result)).toMatchObject({ outcome: 'failed', failCause, endedUs: at.sending });
    expect(outcome(result)).toBe('moved');
    const late = { ...event, atUs: at.postcopy };
    expect(first(await run([late], { postCopy: true })).outcome).toBe('lost');
  });
});

describe("QEMU's monitor that hangs", () => {
  const hangs = (atUs: number, seconds: number): FleetEvent => ({
    kind: 'qemu-monitor-hangs',
    atUs,
    guest: GUEST,
    forUs: seconds * SECOND_US,
  });

  it('lets pages flow on: nothing changes where nobody asks', async () => {
    const { seenAtEnd: _, ...migration } = first(await run([hangs(at.sending, 3)]));
    expect(first(usual)).toMatchObject(migration);
  });

  it('keeps the guest paused when libvirt should let QEMU go on', async () => {
    const result = await run([hangs(at.switchover - 3_000_000, 10)]);
    const more = (first(result).downtimeUs ?? 0) - (first(usual).downtimeUs ?? 0);
    expect(first(result).outcome).toBe('succeeded');
    expect(more).toBeGreaterThan(6 * SECOND_US);
    expect(more).toBeLessThan(10 * SECOND_US);
  });

  it('holds up what starts after the mirrors', async () => {
    const readyUs = timeOf(usual, 'mirrors ready');
    const result = await run([hangs(readyUs - 2_000_000, 9)]);
    expect(timeOf(result, 'mirrors ready')).toBe(readyUs + 7_000_000);
  });

  it('delays a completion timeout until it is over', async () => {
    const migrations = {
      completionTimeoutPerGiB: 2,
      bandwidthPerMigrationBytesPerSecond: 128 * MIB,
    };
    const stuck = { kubevirt: { migrations } };
    const endedUs = first(await run([], stuck)).endedUs ?? 0;
    const late = first(await run([hangs(endedUs - 5_000_000, 20)], stuck));
    expect(late).toMatchObject({ outcome: 'aborted', endedUs: endedUs + 15_000_000 });
  });

  it.each([
    ['within 30 s', 20, 'aborted'],
    ['later', 45, 'succeeded'],
  ] as const)('answers an abort %s: %s s', async (_, seconds, expected) => {
    const input: FleetInput = {
      drain: { nodes: [] },
      userMigrations: (['create', 'delete'] as const).map((action) => ({
        action,
        atUs: action === 'create' ? 0 : at.sending + 1_000_000,
        namespace: 'default',
        name: 'db',
        annotations: {},
        addedNodeSelector: {},
      })),
    };
    const result = await run([hangs(at.sending, seconds)], input);
    expect(first(result).outcome).toBe(expected);
    if (expected === 'aborted') {
      expect(first(result).endedUs).toBe(at.sending + seconds * SECOND_US);
    } else expect(timeOf(result, 'abort fails')).toBe(at.sending + 1_000_000);
  });
});

describe('a partition of the migration network', () => {
  const cut = (nodes: readonly string[], seconds: number): FleetEvent => ({
    kind: 'network-partitioned',
    atUs: at.sending,
    nodes,
    forUs: seconds * SECOND_US,
  });

  it('is to a migration across it as a link that is down', async () => {
    const parted = first(await run([cut(['node-01'], 10)]));
    const down: FleetEvent = {
      kind: 'link-down',
      atUs: at.sending,
      link: 'nic/node-01',
      forUs: 10 * SECOND_US,
    };
    expect(parted).toEqual(first(await run([down])));
    expect(first(await run([cut(['node-01'], 60)]))).toMatchObject({
      outcome: 'failed',
      failCause: 'network',
    });
  });

  it('leaves migrations within each side alone', async () => {
    const { targetNode } = first(usual);
    const result = await run([cut(['node-01', targetNode], 600)]);
    expect(first(result)).toEqual(first(usual));
  });
});

describe('a clock that is off', () => {
  const shown = ({ jobStats }: RunResult) => jobStats.at(-1)?.info.downtimeMs;
  const clock = (node: string, aheadUs: number): FleetEvent => ({
    kind: 'clock-off',
    atUs: 0,
    node,
    aheadUs,
  });

  it('decides nothing, and shows in the downtime that libvirt reports', async () => {
    const { targetNode } = first(usual);
    const ahead = await run([clock(targetNode, 2 * SECOND_US)]);
    expect(ahead.migrations).toEqual(usual.migrations);
    expect((shown(ahead) ?? 0) - (shown(usual) ?? 0)).toBe(2000);
    // A stop in the target's future: libvirt has no figure of its own, QEMU's stands.
    const behind = await run([clock('node-01', 60 * SECOND_US)]);
    expect(shown(behind)).toBe(Math.floor((first(usual).qemuDowntimeUs ?? 0) / 1000));
  });
});
