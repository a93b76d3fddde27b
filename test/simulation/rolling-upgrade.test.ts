import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadFleet } from '../../src/fleet/load/load-fleet.js';
import { runFleet } from './run-fleet.js';

const FILE = fileURLToPath(new URL('../../fleets/rolling-upgrade.yaml', import.meta.url));

describe('fleets/rolling-upgrade.yaml', () => {
  it('brings every node back, two at a time and rack by rack, and counts each move', async () => {
    const { fleet } = await loadFleet({ files: [FILE] });
    const { nodes, guests, migrations, endUs } = await runFleet(fleet, { fidelity: 'chunk' });
    expect(nodes.map(({ state }) => state)).toEqual(Array.from({ length: 12 }, () => 'back'));
    expect(endUs).toBe(Math.max(...nodes.map(({ uncordonedUs }) => uncordonedUs ?? 0)));
    const away = (atUs: number) =>
      nodes.filter(
        ({ begunUs, uncordonedUs }) => (begunUs ?? 0) <= atUs && atUs < (uncordonedUs ?? 0),
      );
    for (const { begunUs } of nodes) {
      const names = away(begunUs ?? 0).map(({ node }) => node);
      expect(names.length).toBeLessThanOrEqual(2);
      expect(new Set(names.map((name) => name.slice(0, 'rack-1'.length))).size).toBe(1);
    }
    const moves = guests.reduce((sum, guest) => sum + guest.moves, 0);
    expect(moves).toBe(migrations.filter(({ outcome }) => outcome === 'succeeded').length);
    expect(guests.filter((guest) => guest.moves > 1).length).toBeGreaterThan(0);
    for (const guest of guests) {
      const own = migrations.filter(({ name }) => name === guest.name);
      if (guest.outcome === 'moved') expect(own.at(-1)?.targetNode).toBe(guest.finalNode);
      own.slice(1).forEach((one, at) => {
        expect(one.sourceNode).toBe(own[at]?.targetNode);
      });
    }
    expect(guests.find(({ name }) => name === 'render-0')?.outcome).toBe('restarted');
  });
});
