/** The network of a fleet file: racks, zones, WAN links, TCP, and what else uses the links. */
import {
  DEFAULT_BACKGROUND_CONNECTIONS,
  DEFAULT_BOND_HASHING,
  DEFAULT_CHANNEL_BYTES_PER_SECOND,
  DEFAULT_NIC_BYTES_PER_SECOND,
  DEFAULT_PROXY_BYTES_PER_SECOND,
  DEFAULT_ROUND_TRIP_TIME_US,
  DEFAULT_TCP,
  GOODPUT_FACTOR,
} from '../defaults.js';
import type { NetworkSpec } from '../model.js';
import type {
  BackgroundTraffic,
  Nic,
  Rack,
  RateProfile,
  RateStep,
  TcpSettings,
  WanLink,
  Zone,
} from '../network-spec.js';
import type { Path } from '../source-document.js';
import { byText, type ReadContext, wrongAt } from './context.js';
import type { LinkRate } from './fields.js';
import type { FleetField } from './schema.js';
import type { NodeField } from './schema-infrastructure.js';
import type { BackgroundField, NicField, TcpField } from './schema-network.js';

const DAY_US = 86_400_000_000;

/** NICs of a node, sorted by name; none where the node says so. */
export function readNics(
  context: ReadContext,
  path: Path,
  field: NodeField,
  file: FleetField,
): readonly Nic[] {
  const { nics } = field;
  const { nodeDefaults, network } = file;
  if (nics !== undefined && field.nic !== undefined) {
    throw wrongAt(context, [...path, 'nics'], 'give nic or nics, not both');
  }
  const many = nics ?? (field.nic === undefined ? nodeDefaults?.nics : undefined);
  if (many !== undefined) {
    const names = new Set(many.map(({ name }) => name));
    if (names.size < many.length) {
      throw wrongAt(context, [...path, 'nics'], 'two NICs of one node have the same name');
    }
    return many.map((one) => readNic(field, file, one)).sort((a, b) => byText(a.name, b.name));
  }
  const choices = [field.nic, nodeDefaults?.nic, network?.nic];
  const lineRate = choices.find((choice) => choice !== undefined);
  if (lineRate === null) return [];
  const { members, hashing } = { ...nodeDefaults, ...field };
  return [readNic(field, file, { name: '', rate: lineRate, members, hashing })];
}

function readNic(
  field: NodeField,
  file: FleetField,
  one: { readonly [Key in keyof NicField]: NicField[Key] | undefined },
): Nic {
  const usual: LinkRate = { bytesPerSecond: DEFAULT_NIC_BYTES_PER_SECOND, members: 1 };
  const lineRate = one.rate ?? file.network?.nic ?? usual;
  const rack = one.rack ?? field.rack ?? '';
  return {
    node: field.name,
    name: one.name ?? '',
    bytesPerSecond: lineRate.bytesPerSecond * goodput(file),
    members: one.members ?? lineRate.members,
    hashing: one.hashing ?? file.network?.hashing ?? DEFAULT_BOND_HASHING,
    carries: one.network ?? 'any',
    rack: rack === '' ? null : rack,
  };
}

function goodput(file: FleetField): number {
  return file.network?.goodput ?? GOODPUT_FACTOR;
}

export function readNetwork(
  context: ReadContext,
  file: FleetField,
  nics: readonly Nic[],
): NetworkSpec {
  const field = file.network ?? {};
  const zones = readZones(context, file);
  const racks = readRacks(context, file, zones, nics);
  return {
    nics,
    racks,
    zones,
    wans: readWans(context, file, zones),
    spineBytesPerSecond: payload(file, field.spine),
    proxyBytesPerSecond: field.proxy ?? DEFAULT_PROXY_BYTES_PER_SECOND,
    channelBytesPerSecond: field.channel ?? DEFAULT_CHANNEL_BYTES_PER_SECOND,
    roundTripTimeUs: field.rtt ?? DEFAULT_ROUND_TRIP_TIME_US,
    tcp: readTcp(field.tcp),
    background: (field.background ?? []).map((one, index) =>
      readBackground(context, ['network', 'background', index], one),
    ),
    timeOfDayUs: field.timeOfDay ?? 0,
  };
}

function payload(file: FleetField, lineRate: number | null | undefined): number | null {
  return lineRate === null || lineRate === undefined ? null : lineRate * goodput(file);
}

function readRacks(
  context: ReadContext,
  file: FleetField,
  zones: readonly Zone[],
  nics: readonly Nic[],
): readonly Rack[] {
  const field = file.network ?? {};
  const given = typeof field.racks === 'number' ? countedRacks(file) : (field.racks ?? []);
  const racks = new Map<string, Rack>();
  for (const [index, one] of given.entries()) {
    const path: Path = ['network', 'racks', index];
    if (racks.has(one.name)) {
      throw wrongAt(context, path, `there are two racks named ${one.name}`);
    }
    if (one.zone !== undefined && !zones.some(({ name }) => name === one.zone)) {
      throw wrongAt(context, [...path, 'zone'], `there is no zone "${one.zone}" in network.zones`);
    }
    racks.set(one.name, readRack(file, one));
  }
  for (const { rack } of nics) {
    if (rack !== null && !racks.has(rack)) racks.set(rack, readRack(file, { name: rack }));
  }
  return [...racks.values()].sort((a, b) => byText(a.name, b.name));
}

interface RackField {
  readonly name: string;
  readonly uplink?: LinkRate | null | undefined;
  readonly members?: number | undefined;
  readonly zone?: string | undefined;
}

function readRack(file: FleetField, one: RackField): Rack {
  const lineRate = one.uplink === undefined ? file.network?.uplink : one.uplink;
  return {
    name: one.name,
    uplinkBytesPerSecond: payload(file, lineRate?.bytesPerSecond),
    uplinkMembers: one.members ?? lineRate?.members ?? 1,
    zone: one.zone ?? null,
  };
}

/** rack-1, rack-2, …, in blocks over the zones as they are given. */
export function countedRacks(file: FleetField): readonly RackField[] {
  const { racks, zones } = file.network ?? {};
  const count = typeof racks === 'number' ? racks : 0;
  const names = typeof zones === 'number' ? countedZones(zones) : (zones ?? []);
  return Array.from({ length: count }, (_, index) => ({
    name: `rack-${index + 1}`,
    zone: names[Math.floor((index * names.length) / count)]?.name,
  }));
}

function countedZones(count: number): readonly { readonly name: string; readonly spine?: null }[] {
  return Array.from({ length: count }, (_, index) => ({ name: `zone-${index + 1}` }));
}

function readZones(context: ReadContext, file: FleetField): readonly Zone[] {
  const given = file.network?.zones ?? [];
  const zones = new Map<string, Zone>();
  for (const [index, { name, spine }] of (typeof given === 'number'
    ? countedZones(given)
    : given
  ).entries()) {
    if (zones.has(name)) {
      throw wrongAt(context, ['network', 'zones', index], `there are two zones named ${name}`);
    }
    zones.set(name, { name, spineBytesPerSecond: payload(file, spine) });
  }
  return [...zones.values()].sort((a, b) => byText(a.name, b.name));
}

/** Once there are WAN links, they must lead from every zone to every other. */
function readWans(
  context: ReadContext,
  file: FleetField,
  zones: readonly Zone[],
): readonly WanLink[] {
  const names = new Set(zones.map(({ name }) => name));
  const wans = new Map<string, WanLink>();
  for (const [index, { between, rate, rtt }] of (file.network?.wan ?? []).entries()) {
    const path: Path = ['network', 'wan', index, 'between'];
    const unknown = between.find((name) => !names.has(name));
    if (unknown !== undefined) throw wrongAt(context, path, `there is no zone "${unknown}"`);
    const [from, to] = [...between].sort() as [string, string];
    if (from === to) throw wrongAt(context, path, `"${from}" needs no WAN link to itself`);
    if (wans.has(`${from}\0${to}`)) {
      throw wrongAt(context, path, `there are two links between ${from} and ${to}`);
    }
    wans.set(`${from}\0${to}`, {
      from,
      to,
      bytesPerSecond: rate * goodput(file),
      roundTripTimeUs: rtt,
    });
  }
  const list = [...wans.entries()].sort(([a], [b]) => byText(a, b)).map(([, wan]) => wan);
  const unreached = list.length === 0 ? undefined : unreachedZone(zones, list);
  if (unreached !== undefined) {
    throw wrongAt(context, ['network', 'wan'], `no way leads to zone "${unreached}"`);
  }
  return list;
}

function unreachedZone(zones: readonly Zone[], wans: readonly WanLink[]): string | undefined {
  const reached = new Set(zones.slice(0, 1).map(({ name }) => name));
  for (let before = -1; before < reached.size; ) {
    before = reached.size;
    for (const { from, to } of wans) {
      if (reached.has(from)) reached.add(to);
      else if (reached.has(to)) reached.add(from);
    }
  }
  return zones.find(({ name }) => !reached.has(name))?.name;
}

function readTcp(field: TcpField | undefined): TcpSettings {
  const usual = DEFAULT_TCP;
  return {
    socketBufferBytes: field?.socketBuffer ?? usual.socketBufferBytes,
    retransmissionTimeoutUs: field?.retransmission ?? usual.retransmissionTimeoutUs,
    longestRetransmissionTimeoutUs:
      field?.longestRetransmission ?? usual.longestRetransmissionTimeoutUs,
    retransmissions: field?.retransmissions ?? usual.retransmissions,
    keepAliveIntervalUs: field?.keepAliveInterval ?? usual.keepAliveIntervalUs,
    keepAliveCount: field?.keepAliveCount ?? usual.keepAliveCount,
  };
}

function readBackground(
  context: ReadContext,
  path: Path,
  field: BackgroundField,
): BackgroundTraffic {
  return {
    link: field.link,
    profile: readProfile(context, path, field),
    connections: field.connections ?? DEFAULT_BACKGROUND_CONNECTIONS,
    priority: field.priority ?? 'fair',
    reservedShare: field.reserved ?? 0,
  };
}

function readProfile(context: ReadContext, path: Path, field: BackgroundField): RateProfile {
  const { rate, daily, series } = field;
  const given = [rate, daily, series].filter((one) => one !== undefined);
  if (given.length !== 1) {
    throw wrongAt(context, path, 'give one of rate, daily and series');
  }
  if (rate !== undefined) return { kind: 'constant', bytesPerSecond: rate };
  const steps: readonly RateStep[] = (daily ?? series ?? [])
    .map((step) => ({ atUs: step.at, bytesPerSecond: step.rate }))
    .sort((a, b) => a.atUs - b.atUs);
  const kind = daily === undefined ? 'series' : 'daily';
  if (steps.some((step, i) => step.atUs === steps[i + 1]?.atUs)) {
    throw wrongAt(context, [...path, kind], 'two steps are at one time');
  }
  if (kind === 'daily' && steps.some((step) => step.atUs >= DAY_US)) {
    throw wrongAt(context, [...path, kind], 'a time of day is less than 24h');
  }
  return { kind, steps };
}
