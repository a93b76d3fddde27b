/** The network of a fleet as plain values of the fleet file. Rates are payload: goodput is 100%. */
import {
  DEFAULT_BACKGROUND_CONNECTIONS,
  DEFAULT_BOND_HASHING,
  DEFAULT_CHANNEL_BYTES_PER_SECOND,
  DEFAULT_PROXY_BYTES_PER_SECOND,
  DEFAULT_ROUND_TRIP_TIME_US,
  DEFAULT_TCP,
} from '../defaults.js';
import type { NetworkSpec } from '../model.js';
import type { BackgroundTraffic, Nic, RateStep, TcpSettings } from '../network-spec.js';
import { formatDuration, formatRate, formatShare, formatSize } from '../units.js';
import { isEmpty, type Plain, unless } from './plain.js';

/** The rate that most NICs have; it is written once, in network. */
export function usualNicRate(network: NetworkSpec): number | null {
  const counts = new Map<number, number>();
  for (const { bytesPerSecond } of network.nics) {
    counts.set(bytesPerSecond, (counts.get(bytesPerSecond) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([a, timesA], [b, timesB]) => timesB - timesA || a - b);
  return most?.[0] ?? null;
}

/** NICs of one node: `nic` and `rack` where that says it all, else the list. */
export function writeNics(nics: readonly Nic[], usualRate: number | null): Plain {
  const [only] = nics;
  if (only === undefined) return { nic: 'none' };
  if (nics.length > 1 || only.name !== '' || only.carries !== 'any') {
    return { nics: nics.map((nic) => writeNic(nic, usualRate)) };
  }
  const { rate, ...fields } = writeNic(only, usualRate);
  return { ...(rate === undefined ? {} : { nic: rate }), ...fields };
}

function writeNic(nic: Nic, usualRate: number | null): Plain {
  const { name, bytesPerSecond, members, hashing, carries, rack } = nic;
  return {
    ...(bytesPerSecond === usualRate ? {} : { rate: formatRate(bytesPerSecond) }),
    ...unless(
      { name: '', members: 1, hashing: DEFAULT_BOND_HASHING, network: 'any', rack: null },
      { name, members, hashing, network: carries, rack },
    ),
  };
}

export function writeNetwork(network: NetworkSpec): Plain {
  const nic = usualNicRate(network);
  const { spineBytesPerSecond: spine } = network;
  return {
    goodput: formatShare(1),
    ...(nic === null ? {} : { nic: formatRate(nic) }),
    ...list(
      'racks',
      network.racks.map(({ name, uplinkBytesPerSecond: uplink, uplinkMembers: members, zone }) => ({
        name,
        ...(uplink === null ? {} : { uplink: formatRate(uplink) }),
        ...unless({ members: 1, zone: null }, { members, zone }),
      })),
    ),
    ...list(
      'zones',
      network.zones.map(({ name, spineBytesPerSecond }) => ({
        name,
        ...(spineBytesPerSecond === null ? {} : { spine: formatRate(spineBytesPerSecond) }),
      })),
    ),
    ...list(
      'wan',
      network.wans.map(({ from, to, bytesPerSecond, roundTripTimeUs }) => ({
        between: [from, to],
        rate: formatRate(bytesPerSecond),
        rtt: formatDuration(roundTripTimeUs),
      })),
    ),
    ...(spine === null ? {} : { spine: formatRate(spine) }),
    ...unless(
      {
        proxy: formatRate(DEFAULT_PROXY_BYTES_PER_SECOND),
        channel: formatRate(DEFAULT_CHANNEL_BYTES_PER_SECOND),
        rtt: formatDuration(DEFAULT_ROUND_TRIP_TIME_US),
        tcp: {},
        timeOfDay: formatDuration(0),
      },
      {
        proxy: formatRate(network.proxyBytesPerSecond),
        channel: formatRate(network.channelBytesPerSecond),
        rtt: formatDuration(network.roundTripTimeUs),
        tcp: unless(plainTcp(DEFAULT_TCP), plainTcp(network.tcp)),
        timeOfDay: formatDuration(network.timeOfDayUs),
      },
    ),
    ...list('background', network.background.map(writeBackground)),
  };
}

function plainTcp(tcp: TcpSettings): Plain {
  return {
    socketBuffer: formatSize(tcp.socketBufferBytes),
    retransmission: formatDuration(tcp.retransmissionTimeoutUs),
    longestRetransmission: formatDuration(tcp.longestRetransmissionTimeoutUs),
    retransmissions: tcp.retransmissions,
    keepAliveInterval: formatDuration(tcp.keepAliveIntervalUs),
    keepAliveCount: tcp.keepAliveCount,
  };
}

function writeBackground(traffic: BackgroundTraffic): Plain {
  const { link, profile, connections, priority, reservedShare } = traffic;
  return {
    link,
    ...(profile.kind === 'constant'
      ? { rate: formatRate(profile.bytesPerSecond) }
      : { [profile.kind]: profile.steps.map(writeStep) }),
    ...unless(
      { connections: DEFAULT_BACKGROUND_CONNECTIONS, priority: 'fair', reserved: formatShare(0) },
      { connections, priority, reserved: formatShare(reservedShare) },
    ),
  };
}

function writeStep({ atUs, bytesPerSecond }: RateStep): Plain {
  return { at: formatDuration(atUs), rate: formatRate(bytesPerSecond) };
}

function list(key: string, items: readonly Plain[]): Plain {
  return isEmpty(items) ? {} : { [key]: items };
}
