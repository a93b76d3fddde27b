/** The state of one run: clock, control plane, network, migrations under way, records so far. */
import type { Fleet } from '../fleet/model.js';
import {
  type ControlPlane,
  createControlPlane,
  guestsFollowed,
  nodeLoads,
} from '../kubevirt/control-plane.js';
import { createSharedLayouts, type SharedLayouts } from '../memory/shared-layouts.js';
import { buildTopology, type Topology } from '../network/topology.js';
import type { ActiveMigration } from './active-migration.js';
import { type Background, createBackground } from './background.js';
import type { EndReport } from './end-reports.js';
import { createEventQueue, type EventQueue } from './event-queue.js';
import { createFleetEvents, type FleetEventQueue } from './fleet-events.js';
import { createFlows, type FlowsState } from './flow-state.js';
import type { LinkConditions } from './link-condition.js';
import type { RunOptions } from './options.js';
import { createOutages, type Outages } from './outages.js';
import { type NodesBefore, nodesBefore } from './receivers.js';
import { createRecords, type Records } from './records.js';

export interface Run {
  readonly fleet: Fleet;
  readonly options: RunOptions;
  readonly controlPlane: ControlPlane;
  readonly topology: Topology;
  readonly flows: FlowsState;
  readonly background: Background;
  readonly conditions: LinkConditions;
  readonly outages: Outages;
  /** By node whose wall clock is wrong: how far it is ahead. */
  readonly clockOffsetsUs: Map<string, number>;
  readonly queue: EventQueue;
  readonly events: FleetEventQueue;
  readonly layouts: SharedLayouts;
  readonly records: Records;
  readonly before: NodesBefore;
  /** By migration id. */
  readonly active: Map<number, ActiveMigration>;
  /** Migrations that have ended, and when the control plane hears of it. */
  readonly reports: EndReport[];
  /** Guests that will each have an outcome. */
  readonly guestsTotal: number;
  nowUs: number;
}

export function createRun(fleet: Fleet, options: RunOptions): Run {
  const topology = buildTopology(fleet);
  const flows = createFlows(topology, options.seed, options.linkStepUs);
  const { background, timeOfDayUs, tcp } = fleet.network;
  const controlPlane = createControlPlane(fleet, options.seed);
  return {
    fleet,
    options,
    controlPlane,
    topology,
    flows,
    background: createBackground(flows, background, timeOfDayUs, fleet.drain.startUs),
    conditions: new Map(),
    outages: createOutages(tcp),
    clockOffsetsUs: new Map(),
    queue: createEventQueue(),
    events: createFleetEvents(fleet.events, topology),
    records: createRecords(fleet),
    before: nodesBefore(nodeLoads(controlPlane)),
    active: new Map(),
    layouts: createSharedLayouts(),
    reports: [],
    guestsTotal: guestsFollowed(controlPlane),
    nowUs: fleet.drain.startUs,
  };
}
