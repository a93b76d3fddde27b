/**
 * Migrations whose way is cut: their connections stand still, go on at their next retransmission
 * after the way is back, or break (network/outage.ts). libvirt's keep-alive aborts pre-copy first;
 * in post-copy, which libvirt cannot abort, TCP's own limit decides (spec/qemu.md 6, 7.1).
 *
 * All connections of a migration stand still with the first: multifd's channels wait for one
 * another at every pass (spec/qemu.md 4).
 */
import type { TcpSettings } from '../fleet/network-spec.js';
import { keepAliveLostUs, resumedUs, timedOutUs } from '../network/outage.js';
import type { Topology } from '../network/topology.js';
import type { ActiveMigration } from './active-migration.js';
import { breakConnection } from './broken-connection.js';
import type { DriverContext } from './driver-context.js';
import type { Flow, FlowsState } from './flow-state.js';
import { holdFlow, respreadFlow } from './flows.js';
import { bringToNow, tellQemu } from './migration-driver.js';

interface Stall {
  readonly cutUs: number;
  /** What its waiting is put down to. */
  readonly link: number;
  /** Infinity while the way is cut. */
  resumeUs: number;
  breakUs: number;
  /** Post-copy has broken: it may be recovered from then on, once the way is back. Else null. */
  recoverUs: number | null;
}

export interface Outages {
  readonly tcp: TcpSettings;
  /** By migration id. */
  readonly stalls: Map<number, Stall>;
  /** By event: one side of a partition. */
  readonly partitions: Map<number, ReadonlySet<string>>;
  /** Flows that had been opened at the last review. */
  reviewedFlows: number;
  /** When the first stall goes on or breaks. */
  nextUs: number;
}

export function createOutages(tcp: TcpSettings): Outages {
  return {
    tcp,
    stalls: new Map(),
    partitions: new Map(),
    reviewedFlows: 0,
    nextUs: Number.POSITIVE_INFINITY,
  };
}

/** Flows have been opened while links are down: they may be cut from the beginning. */
export function isReviewDue(outages: Outages, flows: FlowsState): boolean {
  const isCut = flows.down.size > 0 || outages.partitions.size > 0;
  return isCut && flows.opened !== outages.reviewedFlows;
}

/** These nodes and the others do not reach each other; null: they do again. Review afterwards. */
export function partition(outages: Outages, event: number, nodes: readonly string[] | null): void {
  if (nodes === null) outages.partitions.delete(event);
  else outages.partitions.set(event, new Set(nodes));
}

/** A bundle's member has turned: connections move to where the hash now puts them. */
export function respreadFlows(
  context: DriverContext,
  active: Iterable<ActiveMigration>,
  nowUs: number,
): void {
  const { topology } = context.flows;
  if (topology.bundled.size === 0) return;
  for (const migration of active) {
    const flows = flowsOf(migration);
    if (!flows.some(crossesBundle)) continue;
    bringToNow(context, migration, nowUs);
    for (const flow of flows) respreadFlow(context.flows, flow, nowUs);
  }
  function crossesBundle(flow: Flow): boolean {
    return flow.strands.some(({ route }) => route.some((link) => topology.bundled.has(link)));
  }
}

/** Looks at every migration: cut, back, or neither. */
export function reviewOutages(
  outages: Outages,
  context: DriverContext,
  active: ReadonlyMap<number, ActiveMigration>,
  nowUs: number,
): void {
  outages.reviewedFlows = context.flows.opened;
  for (const [id, migration] of active) {
    const cut = cutLink(outages, migration, context.flows);
    const stall = outages.stalls.get(id);
    if (cut !== null) {
      if (stall === undefined) beginStall(outages, context, migration, cut, nowUs);
      else {
        stall.resumeUs = Number.POSITIVE_INFINITY;
        hold(context, migration, stall.link, nowUs);
      }
    } else if (stall !== undefined && stall.resumeUs === Number.POSITIVE_INFINITY) {
      stall.resumeUs =
        stall.recoverUs === null
          ? resumedUs(outages.tcp, stall.cutUs, nowUs)
          : Math.max(nowUs, stall.recoverUs);
      hold(context, migration, stall.link, nowUs);
    }
  }
  schedule(outages);
}

/** Lets go on, or breaks, what is due at `nowUs`; ids of the migrations concerned. */
export function endStalls(
  outages: Outages,
  context: DriverContext,
  active: ReadonlyMap<number, ActiveMigration>,
  nowUs: number,
): readonly number[] {
  const concerned: number[] = [];
  for (const [id, stall] of outages.stalls) {
    const migration = active.get(id);
    if (migration === undefined) outages.stalls.delete(id);
    else if (Math.min(stall.breakUs, stall.resumeUs) <= nowUs) {
      concerned.push(id);
      endStall(outages, context, migration, stall, nowUs);
    }
  }
  schedule(outages);
  return concerned;
}

function endStall(
  outages: Outages,
  context: DriverContext,
  migration: ActiveMigration,
  stall: Stall,
  nowUs: number,
): void {
  const { observer, flows } = context;
  const tcpBreakUs = timedOutUs(outages.tcp, stall.cutUs);
  if (stall.breakUs <= nowUs && migration.qemu.postcopy && nowUs < tcpBreakUs) {
    stall.breakUs = tcpBreakUs;
    if (stall.resumeUs > nowUs) return;
  }
  if (stall.breakUs <= nowUs) {
    const reason =
      nowUs < tcpBreakUs
        ? 'operation failed: Lost connection to destination host'
        : 'Unable to write to socket: Connection timed out';
    observer.decision(migration, nowUs, 'libvirt', 'connection lost', whyCut(flows, stall.link));
    const { postcopyRecoveryUs } = context.host;
    breakConnection(context, migration, reason, nowUs, {
      isRecoverable: postcopyRecoveryUs !== null,
      cause: 'network',
    });
    if (postcopyRecoveryUs !== null && migration.qemu.phase === 'postcopy-paused') {
      awaitRecovery(stall, nowUs + postcopyRecoveryUs);
    } else outages.stalls.delete(migration.start.migrationId);
    return;
  }
  outages.stalls.delete(migration.start.migrationId);
  hold(context, migration, null, nowUs);
  if (stall.recoverUs !== null) {
    tellQemu(context, migration, { kind: 'recover' }, nowUs);
    return;
  }
  const seconds = (nowUs - stall.cutUs) / 1e6;
  observer.decision(migration, nowUs, 'qemu', 'connection resumes', `after ${seconds} s`);
}

/** Where the way is back already, only the one who recovers is waited for. */
function awaitRecovery(stall: Stall, recoverUs: number): void {
  stall.breakUs = Number.POSITIVE_INFINITY;
  stall.recoverUs = recoverUs;
  if (stall.resumeUs !== Number.POSITIVE_INFINITY) stall.resumeUs = recoverUs;
}

function beginStall(
  outages: Outages,
  context: DriverContext,
  migration: ActiveMigration,
  link: number,
  nowUs: number,
): void {
  const { tcp } = outages;
  outages.stalls.set(migration.start.migrationId, {
    cutUs: nowUs,
    link,
    resumeUs: Number.POSITIVE_INFINITY,
    recoverUs: null,
    breakUs: migration.qemu.postcopy
      ? timedOutUs(tcp, nowUs)
      : Math.min(keepAliveLostUs(tcp, nowUs), timedOutUs(tcp, nowUs)),
  });
  context.observer.decision(
    migration,
    nowUs,
    'qemu',
    'connection stalls',
    whyCut(context.flows, link),
  );
  hold(context, migration, link, nowUs);
}

function whyCut({ topology, down }: FlowsState, link: number): string {
  return down.has(link)
    ? `${topology.links[link]?.name ?? ''} is down`
    : 'the other side is not reached';
}

function hold(
  context: DriverContext,
  migration: ActiveMigration,
  link: number | null,
  nowUs: number,
): void {
  bringToNow(context, migration, nowUs);
  for (const flow of flowsOf(migration)) holdFlow(context.flows, flow, link, nowUs);
}

/** The first link that is down; in a partition the NIC of the node that is apart. */
function cutLink(outages: Outages, migration: ActiveMigration, flows: FlowsState): number | null {
  const { sourceNode, targetNode } = migration.start;
  for (const side of outages.partitions.values()) {
    if (side.has(sourceNode) === side.has(targetNode)) continue;
    const route = flowsOf(migration)[0]?.strands[0]?.route ?? [];
    const nics = nicsOf(flows.topology, side.has(sourceNode) ? sourceNode : targetNode);
    return route.find((link) => nics.has(link)) ?? route[0] ?? null;
  }
  if (flows.down.size === 0) return null;
  for (const flow of flowsOf(migration)) {
    for (const { route } of flow.strands) {
      const cut = route.find((link) => flows.down.has(link));
      if (cut !== undefined) return cut;
    }
  }
  return null;
}

function nicsOf({ attachments }: Topology, node: string): ReadonlySet<number> {
  const attachment = attachments.get(node);
  return new Set([...(attachment?.nicUp.members ?? []), ...(attachment?.nicDown.members ?? [])]);
}

function flowsOf(migration: ActiveMigration): readonly Flow[] {
  return migration.ram === null ? migration.disks : [...migration.disks, migration.ram];
}

function schedule(outages: Outages): void {
  outages.nextUs = Number.POSITIVE_INFINITY;
  for (const stall of outages.stalls.values()) {
    outages.nextUs = Math.min(outages.nextUs, stall.breakUs, stall.resumeUs);
  }
}
