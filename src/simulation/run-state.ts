/** The state of one run: clock, control plane, network, migrations under way, records so far. */
import type { Fleet } from '../fleet/model.js';
import {
  type ControlPlane,
  createControlPlane,
  guestsFollowed,
} from '../kubevirt/control-plane.js';
import { createSharing } from '../network/max-min.js';
import { buildTopology, type Topology } from '../network/topology.js';
import { createUsage } from '../network/usage.js';
import type { ActiveMigration } from './active-migration.js';
import { createEventQueue, type EventQueue } from './event-queue.js';
import { createFleetEvents, type FleetEventQueue } from './fleet-events.js';
import type { Flows } from './flows.js';
import type { RunOptions } from './options.js';
import { createPageWorkQueue, type PageWorkQueue } from './page-work-queue.js';
import { createRecords, type Records } from './records.js';

export interface Run {
  readonly fleet: Fleet;
  readonly options: RunOptions;
  readonly controlPlane: ControlPlane;
  readonly topology: Topology;
  readonly flows: Flows;
  readonly queue: EventQueue;
  readonly events: FleetEventQueue;
  readonly pages: PageWorkQueue;
  readonly records: Records;
  /** By migration id. */
  readonly active: Map<number, ActiveMigration>;
  /** Migrations that have ended, and when the control plane hears of it. */
  readonly reports: EndReport[];
  /** Guests that will each have an outcome. */
  readonly guestsTotal: number;
  nowUs: number;
}

/** The end of a migration on its way to virt-controller. */
export interface EndReport {
  readonly atUs: number;
  readonly migrationId: number;
  readonly outcome: 'succeeded' | 'failed' | 'aborted' | 'lost';
  readonly failCause: string;
  readonly reason: string;
}

export function createRun(fleet: Fleet, options: RunOptions): Run {
  const topology = buildTopology(
    fleet.network,
    fleet.nodes.map((node) => node.name),
  );
  const controlPlane = createControlPlane(fleet, options.seed);
  const capacities = topology.links.map((link) => link.capacityBytesPerSecond);
  return {
    fleet,
    options,
    controlPlane,
    topology,
    flows: {
      sharing: createSharing(capacities),
      usage: createUsage(topology.links, options.linkStepUs),
      byId: new Map(),
    },
    queue: createEventQueue(),
    events: createFleetEvents(fleet.events, topology),
    pages: createPageWorkQueue(options.pageWork),
    records: createRecords(fleet),
    active: new Map(),
    reports: [],
    guestsTotal: guestsFollowed(controlPlane),
    nowUs: fleet.drain.startUs,
  };
}
