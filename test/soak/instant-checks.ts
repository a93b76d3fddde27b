/** What holds when any instant of a run is over, looked at from outside of what keeps it so. */
import { holdsSlot } from '../../src/kubevirt/migration-object.js';
import { holdsRoom } from '../../src/kubevirt/placement.js';
import { flowRate, linkCapacity } from '../../src/network/max-min.js';
import {
  CAP,
  FLOW_NUMBERS,
  ROUTE,
  ROUTE_LENGTH,
  type Sharing,
  WEIGHT,
} from '../../src/network/sharing.js';
import type { ActiveMigration } from '../../src/simulation/active-migration.js';
import type { Run } from '../../src/simulation/run-state.js';
import { type PlainFlow, progressiveFilling } from '../network/progressive-filling.js';

/** A new inspector for one run. It throws an Error that says what does not hold, and when. */
export function inspectInstants(): (run: Run) => void {
  let lastUs = Number.NEGATIVE_INFINITY;
  let settles = -1;
  const counted = new Map<string, number>();
  return (run) => {
    if (!Number.isSafeInteger(run.nowUs)) throw new Error(`clock: ${run.nowUs} is no instant`);
    if (run.nowUs < lastUs) throw new Error(`clock: goes back from ${lastUs} to ${run.nowUs}`);
    lastUs = run.nowUs;
    checkNothingOverdue(run);
    const { sharing } = run.flows;
    if (sharing.settles !== settles) checkShares(sharing);
    settles = sharing.settles;
    checkSlots(run);
    checkRoom(run);
    for (const migration of run.active.values()) checkMigration(migration, counted);
  };
}

/** Whoever was to be woken before this instant has been. */
function checkNothingOverdue({ nowUs, queue, controlPlane, reports }: Run): void {
  const overdue = (atUs: number, what: string) => {
    if (atUs < nowUs) throw new Error(`clock: ${what} was due at ${atUs} µs, it is ${nowUs}`);
  };
  for (const atUs of queue.dueUs) overdue(atUs, 'a migration');
  for (const { atUs, event } of controlPlane.events.data) overdue(atUs, event.kind);
  for (const { atUs } of reports) overdue(atUs, 'the end of a migration');
}

/** The incremental solver's rates are the plain solver's. */
function checkShares(sharing: Sharing): void {
  const flows = new Map<number, PlainFlow>();
  for (let id = 0; id < sharing.flowCount; id += 1) {
    const weight = sharing.flowNumbers[id * FLOW_NUMBERS + WEIGHT] ?? 0;
    if (weight === 0) continue;
    const base = id * sharing.routeStride;
    const length = sharing.flowRoutes[base + ROUTE_LENGTH] ?? 0;
    flows.set(id, {
      weight,
      capBytesPerSecond: sharing.flowNumbers[id * FLOW_NUMBERS + CAP] ?? 0,
      route: [...sharing.flowRoutes.subarray(base + ROUTE, base + ROUTE + length)],
    });
  }
  const capacities = sharing.members.map((_, link) => linkCapacity(sharing, link));
  const expected = progressiveFilling(capacities, [...flows.values()]);
  [...flows].forEach(([id, { route }], i) => {
    const rate = flowRate(sharing, id);
    const due = expected[i] ?? Number.NaN;
    const widest = Math.max(...route.map((link) => capacities[link] ?? 0));
    if (!(Math.abs(rate - due) <= 1e-9 * due + 1e-11 * widest)) {
      throw new Error(`solver: flow ${id} has ${rate} B/s, plain filling gives ${due}`);
    }
  });
}

/** As many migrations hold slots as are counted, and never more than the limits allow. */
function checkSlots({ controlPlane, fleet, nowUs }: Run): void {
  const { queue, inFlight, migrations } = controlPlane;
  const limits = fleet.kubevirt.migrations;
  const outbound = new Int32Array(fleet.nodes.length);
  let holding = 0;
  const take = (node: number) => {
    holding += 1;
    outbound[node] = (outbound[node] ?? 0) + 1;
  };
  for (const { stage, sourceNode } of migrations) if (holdsSlot(stage)) take(sourceNode);
  const own = holding;
  const ownOutbound = outbound.slice();
  for (const guest of inFlight) {
    take(controlPlane.placement.indexOfNode.get(fleet.guests[guest]?.node ?? '') ?? -1);
  }
  if (holding !== queue.holding || outbound.some((count, node) => count !== queue.outbound[node])) {
    throw new Error(`slots: ${holding} are held at ${nowUs} µs, ${queue.holding} counted`);
  }
  if (own > limits.parallelMigrationsPerCluster) {
    throw new Error(`slots: ${own} of ${limits.parallelMigrationsPerCluster} at ${nowUs} µs`);
  }
  if (ownOutbound.some((count) => count > limits.parallelOutboundMigrationsPerNode)) {
    throw new Error(`slots: too many out of one node at ${nowUs} µs`);
  }
}

/** Every node's used memory is what the pods on it ask for: guests, target pods, others. */
function checkRoom({ controlPlane, fleet, nowUs }: Run): void {
  const { placement, followed, queue } = controlPlane;
  const { resources, classOfGuest } = placement.classes;
  if (resources.memory < 0) return;
  const memory = new Float64Array(fleet.nodes.length);
  const place = (guest: number, node: number) => {
    const { demand } = classOfGuest[guest] ?? { demand: { resources: [], amounts: [] } };
    const at = demand.resources.indexOf(resources.memory);
    if (node >= 0 && at >= 0) memory[node] = (memory[node] ?? 0) + (demand.amounts[at] ?? 0);
  };
  const where = new Map(followed.map(({ index, node }) => [index, node]));
  fleet.guests.forEach((guest, index) => {
    const first = placement.indexOfNode.get(guest.node ?? '') ?? -1;
    if (holdsRoom(guest)) place(index, where.get(index) ?? first);
  });
  for (const { guest, targetNode } of queue.active) place(guest.index, targetNode);
  for (const pod of fleet.otherPods) {
    const node = placement.indexOfNode.get(pod.node) ?? -1;
    memory[node] = (memory[node] ?? 0) + Math.round(pod.requests.memory ?? 0);
  }
  memory.forEach((bytes, node) => {
    const used = resources.used[resources.memory]?.[node];
    if (bytes !== used) {
      const { name } = fleet.nodes[node] ?? { name: '' };
      throw new Error(`room: ${bytes} bytes asked for on ${name} at ${nowUs} µs, ${used} counted`);
    }
  });
}

function checkMigration(migration: ActiveMigration, counted: Map<string, number>): void {
  const { qemu, ram, disks, start, memory } = migration;
  const what = `migration ${start.migrationId}`;
  const flows = ram === null ? disks : [ram, ...disks];
  flows.forEach((flow) => {
    const key = `${start.migrationId} ${flow.request.role}`;
    const before = counted.get(key) ?? 0;
    if (!Number.isSafeInteger(flow.countedBytes) || flow.countedBytes < before) {
      throw new Error(`bytes: ${what} had ${before} on its links, has ${flow.countedBytes}`);
    }
    counted.set(key, flow.countedBytes);
  });
  for (const bytes of [qemu.transferredBytes, qemu.wireBytes]) {
    if (!(bytes >= 0 && Number.isFinite(bytes))) throw new Error(`bytes: ${what} sent ${bytes}`);
  }
  if (qemu.throttleMaxPercent > 99) throw new Error(`limits: ${what} throttled by 100 %`);
  if (qemu.sender.pages > qemu.plan.pages + 1e-6) {
    throw new Error(`pages: ${what} sent ${qemu.sender.pages} of ${qemu.plan.pages}`);
  }
  // Counts change with a sync; some guests have tens of thousands.
  const syncKey = `${start.migrationId} sync`;
  if (counted.get(syncKey) === migration.syncNumber) return;
  counted.set(syncKey, migration.syncNumber);
  memory?.layout.segments.pages.forEach((pages, segment) => {
    const dirty = memory.dirty[segment] ?? 0;
    if (dirty > pages) throw new Error(`pages: ${what} has ${dirty} dirty pages of ${pages}`);
  });
}
