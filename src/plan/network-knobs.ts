/**
 * Knobs of the migration network, for who asks what another one would buy. No kubectl changes
 * these: the goal names them one by one.
 */
import type { Goal } from '../fleet/goal-model.js';
import type { Fleet } from '../fleet/model.js';
import { type Knob, knobOf } from './knob.js';

const PREFIX = 'network/';

export function networkKnobs(today: Fleet, goal: Goal): readonly Knob[] {
  const { networkWidths, separateNetwork } = goal.search;
  const width = knobOf<number>(
    `${PREFIX}width`,
    1,
    networkWidths,
    (factor) => `× ${factor}`,
    wider,
  );
  const separate = knobOf<string>(
    `${PREFIX}separate`,
    'shared',
    // Without other traffic there is nothing to be separate from.
    separateNetwork && today.network.background.length > 0 ? ['of its own'] : [],
    (text) => text,
    (fleet) => ({ ...fleet, network: { ...fleet.network, background: [] } }),
  );
  return [width, separate];
}

export function isNetworkKnob(name: string): boolean {
  return name.startsWith(PREFIX);
}

/** NICs that carry migrations and what is behind them; proxies and streams are software, and stay. */
function wider(fleet: Fleet, factor: number): Fleet {
  const { network } = fleet;
  const times = (bytesPerSecond: number | null): number | null =>
    bytesPerSecond === null ? null : Math.round(bytesPerSecond * factor);
  return {
    ...fleet,
    network: {
      ...network,
      nics: network.nics.map((nic) =>
        nic.carries === 'pod'
          ? nic
          : { ...nic, bytesPerSecond: Math.round(nic.bytesPerSecond * factor) },
      ),
      racks: network.racks.map((rack) => ({
        ...rack,
        uplinkBytesPerSecond: times(rack.uplinkBytesPerSecond),
      })),
      zones: network.zones.map((zone) => ({
        ...zone,
        spineBytesPerSecond: times(zone.spineBytesPerSecond),
      })),
      spineBytesPerSecond: times(network.spineBytesPerSecond),
    },
  };
}
