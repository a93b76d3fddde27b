/** The traps of the dump (its README, "Things to know" and "The cluster"), one by one. */
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadFleet } from '../../src/fleet/load/load-fleet.js';
import type { Fleet } from '../../src/fleet/model.js';
import { checkFleet } from '../../src/plan/check.js';
import type { Finding } from '../../src/plan/check-finding.js';

const FILE = fileURLToPath(new URL('../../fleets/cluster-dump.yaml', import.meta.url));

describe('check of fleets/cluster-dump.yaml', () => {
  let fleet: Fleet;
  let findings: readonly Finding[];
  const of = (check: Finding['check']) => findings.filter((one) => one.check === check);
  const subjects = (check: Finding['check']) => of(check).map(({ subject }) => subject);

  beforeAll(async () => {
    const loaded = await loadFleet({ files: [FILE] });
    // Every node in turn: nothing of the cluster is left out.
    fleet = { ...loaded.fleet, drain: { ...loaded.fleet.drain, nodes: [] } };
    findings = checkFleet(fleet, 1).findings;
  }, 60_000);

  it("LiveMigrate, its own or the cluster's, with LiveMigratable=False blocks", () => {
    const blocked = fleet.guests.filter(
      ({ evictionStrategy, liveMigratable }) =>
        (evictionStrategy ?? fleet.kubevirt.evictionStrategy) === 'LiveMigrate' &&
        liveMigratable?.status === false,
    );
    expect(blocked.length).toBeGreaterThan(10);
    expect(subjects('not-migratable').sort()).toEqual(
      blocked.map(({ namespace, name }) => `${namespace}/${name}`).sort(),
    );
    for (const one of of('not-migratable')) expect(one.severity).toBe('blocker');
  });

  it('External blocks as well, and None is restarted', () => {
    expect(subjects('external')).toContain('platform-infra/nfs-gw-1');
    expect(subjects('restarted')).toContain('ci-runners/runner-22dw6');
  });

  it('a budget that allows none keeps guests that would be restarted, not those that migrate', () => {
    const guarded = subjects('disruption-budget').map((name) => name.split('/')[0]);
    // ledger-db's of erp-prod allows none either: the webhook answers before it is asked.
    expect(new Set(guarded)).toEqual(new Set(['edge-gw']));
  });

  it('a host-model guest of the newer CPUs is trapped, one of the older racks is not', () => {
    const nodes = new Set(of('cpu-trap').map(({ node }) => node));
    expect(nodes).toContain('wrk-c1');
    expect([...nodes].filter((node) => /-[ab]\d$/.test(node))).toEqual([]);
    expect(of('cpu-trap')[0]?.finding).toMatch(/host-model SapphireRapids: 3 of the 16 nodes/);
  });

  it('the tainted large nodes are the only place for their guests', () => {
    expect(subjects('few-targets')).toContain('imdb-prod/imdb-app-01');
    expect(of('few-targets')[0]?.finding).toBe('only big-a1, big-c1 may take it');
  });

  it('BlockMigration is harmless: only large disks that are copied are told', () => {
    const block = fleet.guests.filter((one) => one.migrationMethod === 'BlockMigration');
    expect(block.length).toBeGreaterThan(100);
    expect(of('copies-disks').length).toBeLessThan(block.length / 5);
    const migrated = fleet.guests.filter(({ volumes }) => volumes.some((one) => one.migration));
    expect(migrated).toHaveLength(3);
    for (const { namespace, name } of migrated) {
      expect(subjects('copies-disks')).toContain(`${namespace}/${name}`);
    }
  });

  it('more than one policy can match a guest, and one matches nobody', () => {
    expect(of('policies-overlap')[0]?.finding).toMatch(/^warehouse-pause wins over/);
    expect(subjects('policy-unused')).toEqual(['legacy-no-selectors']);
  });

  it('maxDowntimeMs is idle without its gate', () => {
    expect(subjects('policy-admission')).toEqual(['edge-latency', 'inmemory-db']);
  });

  it('storage daemons would be evicted with their node, DaemonSets stay', () => {
    expect(of('other-pods').map(({ subject, node }) => [subject, node])).toEqual(
      ['sto-a1', 'sto-b1', 'sto-c1'].map((node) => ['storage-system/osd', node]),
    );
  });

  it('a drain has begun: a cordoned node, a guest that is marked', () => {
    expect(subjects('node-state')).toEqual(['wrk-b3']);
    expect(subjects('in-flight')).toEqual(['analytics/warehouse-3']);
  });

  it('the heavy writers do not converge, whatever their unknown working set', () => {
    expect(subjects('not-converging')).toEqual(
      expect.arrayContaining(['analytics/cube-01', 'analytics/cube-02']),
    );
    expect(of('may-not-converge').length).toBeGreaterThan(0);
  });

  it('there is no room for a missing node: memory is free in pieces', () => {
    expect(subjects('spare-room')).toContain('N+0');
    expect(subjects('spare-room')).toContain('big-a1');
    expect(subjects('no-room').length).toBeGreaterThan(0);
  });
});
