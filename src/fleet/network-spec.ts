/**
 * The network of a fleet: what a migration may cross and what else crosses it. Capacities are
 * goodput of one direction, bytes per second; part of the model (model.ts).
 */

export interface NetworkSpec {
  /** Sorted by node, then name. A node without any has the fleet's smallest. */
  readonly nics: readonly Nic[];
  readonly racks: readonly Rack[];
  /** Sorted by name; empty: one zone without a name. */
  readonly zones: readonly Zone[];
  /** Links between zones, sorted by their ends. */
  readonly wans: readonly WanLink[];
  /** One-way link between any two racks of a zone that names none; null: it never limits. */
  readonly spineBytesPerSecond: number | null;
  /** What virt-handler's proxy of a node can copy, both directions together. */
  readonly proxyBytesPerSecond: number;
  /** Ceiling of one TCP stream (one migration channel). */
  readonly channelBytesPerSecond: number;
  /** Within a zone; WAN links add theirs. */
  readonly roundTripTimeUs: number;
  readonly tcp: TcpSettings;
  /** In the order of the file. */
  readonly background: readonly BackgroundTraffic[];
  /** Since midnight, at simulated time 0: where daily profiles begin. */
  readonly timeOfDayUs: number;
}

/** How a bond chooses the member that a packet takes; `balanced`: all members are one pipe. */
export type BondHashing = 'layer3+4' | 'layer2+3' | 'balanced';

export interface Nic {
  readonly node: string;
  /** '' for a node's only one. */
  readonly name: string;
  /** Of all members together. */
  readonly bytesPerSecond: number;
  /** Equal links of a bond; 1: no bond. */
  readonly members: number;
  readonly hashing: BondHashing;
  /** Which of KubeVirt's migration networks lies on it (migrations.network set: `migration`). */
  readonly carries: 'any' | 'pod' | 'migration';
  /** Name of the rack whose uplink this NIC is behind; null: directly at the spine. */
  readonly rack: string | null;
}

export interface Rack {
  readonly name: string;
  /** Uplinks together, each way; null: not a limit. */
  readonly uplinkBytesPerSecond: number | null;
  /** Equal uplinks, each to its own plane of the spine; a connection takes one (ECMP). */
  readonly uplinkMembers: number;
  /** null: the zone without a name. */
  readonly zone: string | null;
}

export interface Zone {
  readonly name: string;
  /** null: it never limits. */
  readonly spineBytesPerSecond: number | null;
}

/** Between two zones, `from` before `to` by name; the same each way. */
export interface WanLink {
  readonly from: string;
  readonly to: string;
  readonly bytesPerSecond: number;
  readonly roundTripTimeUs: number;
}

/** What a connection may have under way, and when it gives up (docs/network.md). */
export interface TcpSettings {
  /** Smaller of the ends' largest buffers: what may be unacknowledged. */
  readonly socketBufferBytes: number;
  /** First retransmission; each further one waits twice as long, at most the longest. */
  readonly retransmissionTimeoutUs: number;
  readonly longestRetransmissionTimeoutUs: number;
  /** Retransmissions without an answer before the connection breaks (tcp_retries2). */
  readonly retransmissions: number;
  /** libvirt's keep-alive of the peer: interval × (count + 1) without an answer aborts. */
  readonly keepAliveIntervalUs: number;
  readonly keepAliveCount: number;
}

/** Other traffic on links, as one elastic flow a link that wants the rate of its profile. */
export interface BackgroundTraffic {
  /** A link (`nic/a/up`), all below a name (`nic/a`), or with `*` for any text between slashes. */
  readonly link: string;
  readonly profile: RateProfile;
  /** Its share against a migration's connections; priority decides before it. */
  readonly connections: number;
  /** `first`: gets what it wants before migrations do; `last`: only what they leave. */
  readonly priority: 'first' | 'fair' | 'last';
  /** Share of the link that it never takes from migrations. */
  readonly reservedShare: number;
}

export type RateProfile =
  | { readonly kind: 'constant'; readonly bytesPerSecond: number }
  /** Steps by time of day, first at 0 or the last one's before it. */
  | { readonly kind: 'daily'; readonly steps: readonly RateStep[] }
  /** Steps by simulated time; the first holds before it, the last for ever. */
  | { readonly kind: 'series'; readonly steps: readonly RateStep[] };

/** In ascending order, no two at one time. */
export interface RateStep {
  readonly atUs: number;
  readonly bytesPerSecond: number;
}
