import { describe, expect, it } from 'vitest';
import type { Goal } from '../../src/fleet/goal-model.js';
import { turnableKnobs } from '../../src/plan/knob.js';
import { networkKnobs } from '../../src/plan/network-knobs.js';
import { buildFleet } from '../fleet-builder.js';

const search: Goal['search'] = {
  featureGates: [],
  nodesAtOnce: null,
  networkWidths: [],
  separateNetwork: false,
  keep: [],
};
const goal: Goal = { minimise: ['drain-time'], tolerance: 0.01, limits: [], search };

const bare = buildFleet({ nodes: 2 });
const today = {
  ...bare,
  network: {
    ...bare.network,
    nics: bare.network.nics.flatMap((nic) => [
      { ...nic, name: 'm', carries: 'migration' as const, bytesPerSecond: 1000 },
      { ...nic, name: 'p', carries: 'pod' as const, bytesPerSecond: 1000 },
    ]),
    spineBytesPerSecond: 500,
    background: [{ links: 'spine', share: 0.5 }] as never,
  },
};

function choices(own: Partial<Goal['search']>) {
  const knobs = networkKnobs(today, { ...goal, search: { ...search, ...own } });
  return turnableKnobs(knobs, []).flatMap(({ name, choices }) =>
    choices.slice(1).map(({ text, apply }) => ({ text: `${name} ${text}`, fleet: apply(today) })),
  );
}

describe('knobs of the network', () => {
  it('are offered only where the goal asks: hardware is nothing that a command changes', () => {
    expect(choices({})).toEqual([]);
    const asked = choices({ networkWidths: [1, 2, 4], separateNetwork: true });
    expect(asked.map(({ text }) => text)).toEqual([
      'network/width × 2',
      'network/width × 4',
      'network/separate of its own',
    ]);
  });

  it('widen what migrations cross, and take other traffic away', () => {
    const [wide] = choices({ networkWidths: [2] });
    expect(wide?.fleet.network.nics.map((nic) => nic.bytesPerSecond)).toEqual([
      2000, 1000, 2000, 1000,
    ]);
    expect(wide?.fleet.network.spineBytesPerSecond).toBe(1000);
    const [separate] = choices({ separateNetwork: true });
    expect(separate?.fleet.network).toEqual({ ...today.network, background: [] });
  });
});
