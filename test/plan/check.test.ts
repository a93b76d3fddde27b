import { describe, expect, it } from 'vitest';
import type { Region } from '../../src/fleet/workload.js';
import { checkFleet } from '../../src/plan/check.js';
import type { Finding } from '../../src/plan/check-finding.js';
import { checkLines } from '../../src/plan/check-text.js';
import {
  buildFleet,
  buildVolume,
  type FleetInput,
  GIB,
  type GuestInput,
} from '../fleet-builder.js';

const QUIET: GuestInput = { name: 'quiet', namespace: 'shop', labels: { app: 'quiet' } };

/** A guest that writes so many bytes a second all over so much memory. */
function writer(name: string, workingSetGiB: number, mibPerSecond: number): GuestInput {
  const memoryBytes = 16 * GIB;
  const region = (part: string, bytes: number, pagesPerSecond: number): Region => ({
    name: part,
    bytes,
    filledShare: 1,
    compressedShare: 1,
    placement: { kind: 'spread' },
    writes: pagesPerSecond > 0 ? { kind: 'random', pagesPerSecond } : { kind: 'none' },
    phases: [],
    pacedBy: 'cpu',
  });
  const hot = workingSetGiB * GIB;
  const regions = [region('hot', hot, mibPerSecond * 256), region('rest', memoryBytes - hot, 0)];
  return { name, namespace: 'shop', memoryBytes, workload: { kind: 'regions', regions } };
}

function found(input: FleetInput): readonly Finding[] {
  return checkFleet(buildFleet(input), 1).findings;
}

const named = (findings: readonly Finding[], check: Finding['check']) =>
  findings.filter((one) => one.check === check);

describe('checkFleet', () => {
  it('finds nothing to warn of in a small fleet with room', () => {
    const { counts, findings } = checkFleet(buildFleet({ guests: [QUIET] }), 1);
    expect(counts).toMatchObject({ blocker: 0, warning: 0 });
    expect(named(findings, 'spare-room')[0]?.subject).toBe('N+1');
  });

  it('finds what keeps a guest on its node', () => {
    const small = buildVolume({
      name: 'data',
      bytes: 40 * GIB,
      migration: {
        sourceCapacityBytes: null,
        sourceRequestBytes: null,
        destinationCapacityBytes: 10 * GIB,
      },
    });
    const findings = found({
      guests: [
        { ...QUIET, name: 'stuck', liveMigratable: { status: false, reason: 'R', message: '' } },
        { ...QUIET, name: 'elsewhere', evictionStrategy: 'External' },
        { ...QUIET, name: 'guarded', evictionStrategy: 'None', labels: { app: 'g' } },
        { ...QUIET, name: 'restarts', evictionStrategy: 'None' },
        { ...QUIET, name: 'small', volumes: [small] },
        { ...QUIET, name: 'picky', nodeSelector: { disk: 'fast' } },
        { ...QUIET, name: 'huge', memoryBytes: 300 * GIB },
        { ...QUIET, name: 'poor', namespace: 'poor' },
      ],
      namespaces: [{ name: 'poor', labels: {}, quota: { pods: 1 } }],
      disruptionBudgets: [
        { namespace: 'shop', name: 'b', matchLabels: { app: 'g' }, disruptionsAllowed: 0 },
      ],
    });
    const blockers = findings.filter(({ severity }) => severity === 'blocker');
    expect(blockers.map(({ check, subject }) => [check, subject]).sort()).toEqual([
      ['disruption-budget', 'shop/guarded'],
      ['external', 'shop/elsewhere'],
      ['no-room', 'shop/huge'],
      ['no-target', 'shop/picky'],
      ['not-migratable', 'shop/stuck'],
      ['quota', 'poor/poor'],
      ['volume-too-small', 'shop/small'],
    ]);
    expect(named(findings, 'restarted').map(({ subject }) => subject)).toEqual(['shop/restarts']);
  });

  it('blocks on guests that the drain taint leaves where they are, and on no pod', () => {
    const disk = { reason: 'DisksNotLiveMigratable', message: 'not shared' };
    const input = {
      guests: [
        { ...QUIET, name: 'none', evictionStrategy: 'None' },
        {
          ...QUIET,
          name: 'stuck',
          evictionStrategy: 'LiveMigrateIfPossible',
          liveMigratable: { status: false, ...disk },
        },
        { ...QUIET, name: 'guarded', evictionStrategy: 'None', labels: { app: 'g' } },
        QUIET,
      ],
      disruptionBudgets: [
        { namespace: 'shop', name: 'b', matchLabels: { app: 'g' }, disruptionsAllowed: 0 },
      ],
      otherPods: [
        {
          namespace: 'shop',
          name: 'osd-0',
          node: 'node-01',
          labels: { app: 'g' },
          requests: {},
          daemonSet: false,
        },
      ],
    } as const;
    const blockers = (method: 'evict' | 'taint') =>
      found({ ...input, drain: { method } })
        .filter(({ severity }) => severity === 'blocker')
        .map(({ check, subject }) => [check, subject])
        .sort();
    expect(blockers('taint')).toEqual([
      ['left-by-taint', 'shop/guarded'],
      ['left-by-taint', 'shop/none'],
      ['not-migratable', 'shop/stuck'],
    ]);
    expect(blockers('evict')).toEqual([
      ['disruption-budget', 'shop/guarded'],
      ['other-pods', 'shop/g'],
    ]);
  });

  it('tells who does not converge at its share, and what KubeVirt does then', () => {
    const guests = [writer('calm', 1, 20), writer('wild', 8, 4000)];
    const abort = named(found({ guests }), 'not-converging');
    expect(abort.map(({ subject }) => subject)).toEqual(['shop/wild']);
    expect(abort[0]?.finding).toMatch(/rounds stand still with .* it is aborted after/);
    const disrupts = (allowPostCopy: boolean) =>
      named(
        found({
          guests,
          kubevirt: { migrations: { allowPostCopy, allowWorkloadDisruption: true } },
        }),
        'not-converging',
      )[0]?.finding;
    expect(disrupts(true)).toMatch(/post-copy after/);
    expect(disrupts(false)).toMatch(/it is paused after .*, for about/);
  });

  it('tells a completion timeout that the first pass cannot meet', () => {
    const migrations = {
      bandwidthPerMigrationBytesPerSecond: 100 * 2 ** 20,
      completionTimeoutPerGiB: 2,
    };
    const slow = named(found({ guests: [QUIET], kubevirt: { migrations } }), 'first-pass-too-slow');
    expect(slow[0]?.finding).toMatch(/its first pass alone takes 1 min 22 s at 100 MiB\/s/);
  });

  it('tells settings that contradict each other, do nothing, or ask too much of links', () => {
    const findings = found({
      guests: [QUIET],
      kubevirt: {
        migrations: {
          allowPostCopy: true,
          maxDowntimeMs: 200,
          parallelOutboundMigrationsPerNode: 9,
          bandwidthPerMigrationBytesPerSecond: 2 ** 30,
        },
      },
      policies: [
        { name: 'none', selectors: { namespace: { a: 'b' }, virtualMachineInstance: null } },
      ],
    });
    expect(named(findings, 'post-copy-never')).toHaveLength(1);
    expect(named(findings, 'idle-setting').map(({ subject }) => subject)).toEqual([
      'migrations.maxDowntimeMs',
      'migrations.parallelOutboundMigrationsPerNode',
    ]);
    expect(named(findings, 'parallel-above-links')[0]?.finding).toMatch(
      /^5 out of a node at 1.00 GiB\/s each ask for 42.9 Gbit\/s; the proxy of node-01 carries/,
    );
    expect(named(findings, 'policy-unused').map(({ subject }) => subject)).toEqual(['none']);
  });

  it.each(['parallelMigrationsPerCluster', 'parallelOutboundMigrationsPerNode'])(
    'blocks on a limit of no migration: %s',
    (limit) => {
      const findings = found({ guests: [QUIET], kubevirt: { migrations: { [limit]: 0 } } });
      const [first] = named(findings, 'no-slots');
      expect(first).toMatchObject({ severity: 'blocker', subject: `migrations.${limit}` });
      expect(first?.finding).toMatch(/no migration ever starts, 1 guest would wait/);
      expect(named(findings, 'idle-setting')).toEqual([]);
    },
  );

  it('sees that free memory in pieces takes no large guest', () => {
    const guests = ['node-01', 'node-02', 'node-03'].flatMap((node) => [
      { name: `large-${node}`, node, memoryBytes: 100 * GIB },
      { name: `small-${node}`, node, memoryBytes: 70 * GIB },
    ]);
    const findings = found({ guests, drain: { nodes: [] } });
    const [first] = named(findings, 'spare-room');
    expect(first?.finding).toMatch(
      /could not be emptied alone .* 2 nodes have [\d.]+ GiB free in all, [\d.]+ GiB in one piece/,
    );
    expect(named(findings, 'spare-room').at(-1)?.subject).toBe('N+0');
  });

  it('names the resource that is short: huge pages, not the memory beside them', () => {
    const guests = [{ ...QUIET, memoryBytes: 32 * GIB, hugepageBytes: GIB }];
    const short = (allocatable: Readonly<Record<string, number>>) => {
      const nodes = ['node-01', 'node-02', 'node-03'].map((name) => ({ name, allocatable }));
      return named(found({ guests, nodes }), 'spare-room')[0]?.finding;
    };
    const bare = { cpu: 64, memory: 64 * GIB, pods: 250 };
    expect(short(bare)).toMatch(/asks for 32.0 GiB of hugepages-1Gi; its 2 nodes have none free/);
    expect(short({ ...bare, 'hugepages-1Gi': 16 * GIB })).toMatch(
      /32.0 GiB of hugepages-1Gi; its 2 nodes have 32.0 GiB free in all, 16.0 GiB in one piece/,
    );
  });

  it('sees guests that fit alone and not together, and nodes that end crowded', () => {
    const guests = [1, 2, 3, 4].map((n) => ({
      name: `g${n}`,
      memoryBytes: 90 * GIB,
      node: 'node-01',
    }));
    const nodes = [
      { name: 'node-01', allocatable: { memory: 512 * GIB } },
      { name: 'node-02', allocatable: { memory: 200 * GIB } },
      { name: 'node-03', allocatable: { memory: 100 * GIB } },
      { name: 'node-04', allocatable: { memory: 512 * GIB }, cordoned: true },
    ];
    const findings = found({ nodes, guests });
    expect(named(findings, 'no-room-together')).toHaveLength(1);
    expect(named(findings, 'crowded-target')[0]?.finding).toMatch(/^4 guests can go nowhere else/);
  });

  it('says each of the things that findings of one kind ask for, the most frequent first', () => {
    const report = checkFleet(buildFleet({ guests: 1 }), 1);
    const finding = (subject: string, advice: string) =>
      ({ ...about, severity: 'warning', check: 'not-converging', subject, advice }) as const;
    const about = { about: 'guest', node: 'node-01', finding: 'writes too fast' } as const;
    const findings = [finding('a', 'agree'), finding('b', 'wait'), finding('c', 'wait')];
    const lines = checkLines({ ...report, findings });
    expect(lines.filter((line) => line.includes('→'))).toEqual([
      '    → 2 × wait',
      '    → 1 × agree',
    ]);
  });

  it('prints each kind of finding once, with examples and advice', () => {
    const guests = Array.from({ length: 5 }, (_, n) => ({
      ...QUIET,
      name: `vm-${n}`,
      evictionStrategy: 'None' as const,
    }));
    const lines = checkLines(checkFleet(buildFleet({ guests }), 1));
    expect(lines[0]).toBe('0 blockers, 5 warnings, 1 note (fleet test, 1 node to drain, 5 guests)');
    expect(lines.filter((line) => line.includes('5 × restarted, not migrated'))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('… and 2 more'))).toHaveLength(1);
  });
});
