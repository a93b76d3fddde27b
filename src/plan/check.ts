/** `sluice check`: what a drain will meet, told without simulating it. */
import type { Fleet } from '../fleet/model.js';
import { sharedNetwork } from './bandwidth-share.js';
import { checkConvergence } from './check-convergence.js';
import type { Finding, Severity } from './check-finding.js';
import { checkGuests } from './check-guests.js';
import { checkMirrors } from './check-mirrors.js';
import { checkNodes, checkPods } from './check-pods.js';
import { checkRoom } from './check-room.js';
import { type CheckScope, checkScope } from './check-scope.js';
import { checkSettings } from './check-settings.js';
import { checkTargets } from './check-targets.js';
import { guestOutlooks } from './guest-outlook.js';
import { type NetworkWidth, networkWidths } from './network-widths.js';
import { targetPlaces } from './target-places.js';

export interface CheckReport {
  readonly fleet: string;
  readonly nodes: number;
  /** The fleet says which nodes are drained; else each is looked at in turn. */
  readonly nodesAsked: boolean;
  readonly guests: number;
  /** Worst first, then by check, each in the order of guests, nodes and policies. */
  readonly findings: readonly Finding[];
  readonly counts: Readonly<Record<Severity, number>>;
  /** What a wider network would buy. */
  readonly widths: readonly NetworkWidth[];
}

export const SEVERITIES: readonly Severity[] = ['blocker', 'warning', 'note'];

/** `seed`: of the draws that observed workloads need. */
export function checkFleet(fleet: Fleet, seed: number): CheckReport {
  const scope = checkScope(fleet, seed);
  const places = targetPlaces(scope);
  const shared = sharedNetwork(scope, places, nodesAtOnce(scope));
  const found = [
    ...checkGuests(scope),
    ...checkTargets(scope),
    ...checkRoom(scope),
    ...checkConvergence(guestOutlooks(scope, shared)),
    ...checkMirrors(scope, shared),
    ...checkPods(scope),
    ...checkNodes(scope),
    ...checkSettings(scope, shared),
  ];
  const of = (severity: Severity) => found.filter((one) => one.severity === severity);
  return {
    fleet: fleet.name,
    nodes: scope.nodes.length,
    nodesAsked: fleet.drain.nodes.length > 0,
    guests: scope.guests.length,
    findings: SEVERITIES.flatMap(of),
    counts: {
      blocker: of('blocker').length,
      warning: of('warning').length,
      note: of('note').length,
    },
    widths: networkWidths(scope, places, nodesAtOnce(scope)),
  };
}

function nodesAtOnce({ fleet, nodes, atOnce }: CheckScope): number {
  const { atOnce: asked } = fleet.drain;
  if (atOnce) return nodes.length;
  switch (asked.kind) {
    case 'nodes':
      return asked.count;
    case 'share':
      return Math.max(1, Math.floor(asked.share * nodes.length));
    case 'all':
      return fleet.drain.nodes.length > 0 ? nodes.length : 1;
  }
}
