/** Carries out what the fleet file's events do at an instant: to links, nodes, components. */
import { handlerDown, nodeLost, targetPodLost } from '../kubevirt/control-plane.js';
import type { ActiveMigration } from './active-migration.js';
import { relimitBackground, stepBackground } from './background.js';
import { breakConnection } from './broken-connection.js';
import {
  failDisk,
  hangMonitor,
  loseTargetPod,
  restartHandler,
  restartLibvirt,
} from './component-faults.js';
import type { DriverContext } from './driver-context.js';
import { holdReports, loseArrived } from './end-reports.js';
import { wakeAt } from './event-queue.js';
import { type FleetChange, takeChange } from './fleet-events.js';
import { changeLinks } from './link-condition.js';
import { nextWakeUs } from './migration-driver.js';
import { endStalls, partition, respreadFlows, reviewOutages } from './outages.js';
import type { Run } from './run-state.js';

/** All events that are due, then what follows from them for the flows. */
export function applyFleetEvents(run: Run, context: DriverContext): void {
  const { flows, nowUs } = run;
  let turned = false;
  let changed = false;
  for (let change = takeChange(run.events, nowUs); change !== null; ) {
    if (change.kind === 'link') {
      turned = changeLinks(run.conditions, flows, change, nowUs) || turned;
      changed = true;
    } else if (change.kind === 'partition') {
      partition(run.outages, change.event, change.nodes);
      turned = true;
    } else {
      applyFault(run, context, change);
    }
    change = takeChange(run.events, nowUs);
  }
  if (changed) relimitBackground(flows, run.background);
  if (turned) {
    respreadFlows(context, run.active.values(), nowUs);
    reviewOutages(run.outages, context, run.active, nowUs);
  }
  if (run.background.nextUs <= nowUs) stepBackground(flows, run.background, nowUs);
  if (run.outages.nextUs <= nowUs) {
    for (const id of endStalls(run.outages, context, run.active, nowUs)) wake(run, id);
  }
}

/** Sets when the migration is to be woken; not at all when it has ended. */
export function wake(run: Run, migrationId: number): void {
  const migration = run.active.get(migrationId);
  if (migration === undefined) return;
  wakeAt(run.queue, migrationId, Math.max(run.nowUs, nextWakeUs(migration)));
}

type Fault = Exclude<FleetChange, { readonly kind: 'link' | 'partition' }>;

function applyFault(run: Run, context: DriverContext, fault: Fault): void {
  const { nowUs, controlPlane } = run;
  switch (fault.kind) {
    case 'node-lost':
      loseNode(run, context, fault.node);
      return;
    case 'virt-handler-down':
      for (const migration of [...run.active.values()]) {
        restartHandler(context, migration, fault.node, nowUs);
      }
      handlerDown(controlPlane, fault.node, fault.untilUs);
      holdReports(run, fault.node, fault.untilUs);
      return;
    case 'clock-off':
      run.clockOffsetsUs.set(fault.node, fault.offsetUs);
      return;
    case 'target-pod-lost':
      targetPodLost(controlPlane, nowUs, fault.guest);
      loseArrived(run, fault.guest);
      ofGuest(run, fault.guest, (migration) => loseTargetPod(context, migration, nowUs));
      return;
    case 'target-disk-full':
      ofGuest(run, fault.guest, (migration) => failDisk(context, migration, nowUs));
      return;
    case 'libvirt-restarted':
      ofGuest(run, fault.guest, (migration) => {
        restartLibvirt(context, migration, fault.side, nowUs);
      });
      return;
    case 'monitor-hangs':
      ofGuest(run, fault.guest, (migration) => {
        hangMonitor(context, migration, fault.untilUs, nowUs);
      });
      return;
    default:
      fault satisfies never;
  }
}

/** Its migration that runs, if one does. */
function ofGuest(run: Run, name: string, act: (migration: ActiveMigration) => void): void {
  for (const [id, migration] of [...run.active]) {
    if (`${migration.guest.namespace}/${migration.guest.name}` !== name) continue;
    act(migration);
    wake(run, id);
  }
}

/**
 * A migration from the node ends with it, and so does one whose guest has reached it. Before that
 * the source of a lost target learns of it as of any cut connection (outages.ts), its guest paused
 * meanwhile where the switchover has begun.
 */
function loseNode(run: Run, context: DriverContext, node: string): void {
  for (const migration of [...run.active.values()]) {
    const { sourceNode, targetNode } = migration.start;
    if (sourceNode !== node && !(targetNode === node && hasArrived(migration))) continue;
    breakConnection(context, migration, `node ${node} was lost`, run.nowUs, {
      isRecoverable: false,
      cause: 'network',
    });
  }
  nodeLost(run.controlPlane, run.nowUs, node);
}

/** All that the target needs to run the guest has been sent, or is told to it as a package. */
function hasArrived({ qemu }: ActiveMigration): boolean {
  if (qemu.postcopy) return true;
  if (qemu.stoppedUs === null) return false;
  return qemu.sync === 'postcopy' || qemu.phase === 'loading' || qemu.phase === 'finishing';
}
