/** ResourceQuotas: while a guest migrates, both of its pods count (spec/kubevirt.md 5.7). */
import type { Fleet, Guest } from '../fleet/model.js';
import { launcherRequests } from './launcher-requests.js';
import { holdsRoom } from './placement.js';

export interface QuotaUse {
  readonly fleet: Fleet;
  /** Namespaces with a quota: hard limits and what is used, by resource of the quota. */
  readonly byNamespace: ReadonlyMap<string, readonly QuotaLimit[]>;
}

interface QuotaLimit {
  readonly resource: string;
  readonly hard: number;
  used: number;
}

export function createQuotaUse(fleet: Fleet): QuotaUse {
  const byNamespace = new Map<string, readonly QuotaLimit[]>();
  for (const { name, quota } of fleet.namespaces) {
    const limits = Object.entries(quota)
      .sort()
      .map(([resource, hard]) => ({ resource, hard, used: 0 }));
    if (limits.length > 0) byNamespace.set(name, limits);
  }
  const use = { fleet, byNamespace };
  fleet.guests.forEach((guest, index) => {
    if (guest.node !== null && holdsRoom(guest)) countQuota(use, index, 1);
  });
  for (const pod of fleet.otherPods) {
    for (const limit of byNamespace.get(pod.namespace) ?? []) {
      limit.used += amountOf(limit.resource, new Map(Object.entries(pod.requests)));
    }
  }
  return use;
}

/** Counts one launcher pod of the guest in (by = 1) or out (by = -1). */
export function countQuota(use: QuotaUse, guestIndex: number, by: 1 | -1): void {
  const guest = use.fleet.guests[guestIndex] as Guest;
  const limits = use.byNamespace.get(guest.namespace);
  if (limits === undefined) return;
  const requests = launcherRequests(guest, use.fleet.kubevirt);
  for (const limit of limits) limit.used += by * amountOf(limit.resource, requests);
}

/** Kubernetes' words when one more launcher pod would exceed a quota; null when it would not. */
export function quotaProblem(use: QuotaUse, guestIndex: number): string | null {
  const guest = use.fleet.guests[guestIndex] as Guest;
  const limits = use.byNamespace.get(guest.namespace);
  if (limits === undefined) return null;
  const requests = launcherRequests(guest, use.fleet.kubevirt);
  for (const { resource, hard, used } of limits) {
    const amount = amountOf(resource, requests);
    if (amount === 0 || used + amount <= hard + TOLERANCE) continue;
    const shown = `requested: ${resource}=${amount}, used: ${resource}=${used}, limited: ${resource}=${hard}`;
    return `pods of virt-launcher-${guest.name} are forbidden: exceeded quota, ${shown}`;
  }
  return null;
}

/** Sums of fractions of cores carry rounding. */
const TOLERANCE = 1e-6;

/** `requests.memory` and plain `memory` mean the same in a quota; `pods` counts pods. */
function amountOf(quotaResource: string, requests: ReadonlyMap<string, number>): number {
  if (quotaResource === 'pods' || quotaResource === 'count/pods') return 1;
  if (quotaResource.startsWith('limits.')) return 0;
  return requests.get(quotaResource.replace(/^requests\./, '')) ?? 0;
}
