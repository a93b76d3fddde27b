/** Nodes that are drained, and pods on them that are no guests: what evicting those would meet. */
import type { DisruptionBudget, OtherPod } from '../fleet/model.js';
import { matchesLabels } from '../kubevirt/label-matching.js';
import { countText } from '../outcome/quantity-text.js';
import type { Finding } from './check-finding.js';
import type { CheckScope } from './check-scope.js';

export function checkNodes({ fleet, nodes }: CheckScope): readonly Finding[] {
  const wanted = new Set(nodes);
  return fleet.nodes.flatMap(({ name, known, cordoned, ready }) => {
    if (!wanted.has(name)) return [];
    const states: readonly (readonly [boolean, Finding['severity'], string, string])[] = [
      [!known, 'warning', 'is named by guests only: nothing is known of it', 'add it to the dump'],
      [known && !ready, 'warning', 'is not ready', 'see why before anything moves from it'],
      [cordoned, 'note', 'is cordoned already: a drain may have begun', ''],
    ];
    return states.flatMap(([holds, severity, finding, advice]) =>
      holds
        ? [
            {
              severity,
              check: 'node-state',
              about: 'node',
              subject: name,
              node: name,
              finding,
              advice,
            } as const,
          ]
        : [],
    );
  });
}

/**
 * Pods of DaemonSets stay when a node is drained; all pods but launchers do under KubeVirt's taint,
 * for which nobody evicts (spec/kubevirt.md 6).
 */
export function checkPods({ fleet, nodes, atOnce }: CheckScope): readonly Finding[] {
  if (fleet.drain.method === 'taint') return [];
  const wanted = new Set(nodes);
  const leaving = fleet.otherPods.filter(({ node, daemonSet }) => wanted.has(node) && !daemonSet);
  const groups = new Map<string, OtherPod[]>();
  for (const pod of leaving) {
    const budget = budgetOf(fleet.disruptionBudgets, pod);
    const key = JSON.stringify([pod.node, pod.namespace, budget?.name ?? ownerName(pod)]);
    groups.set(key, [...(groups.get(key) ?? []), pod]);
  }
  return [...groups.values()].map((pods) => {
    const first = pods[0] as OtherPod;
    const budget = budgetOf(fleet.disruptionBudgets, first);
    return budget === null
      ? evictedPods(first, pods.length)
      : budgetedPods(first, pods.length, budget, atOnce);
  });
}

function budgetOf(budgets: readonly DisruptionBudget[], pod: OtherPod): DisruptionBudget | null {
  const found = budgets.find(
    ({ namespace, matchLabels }) =>
      namespace === pod.namespace && matchesLabels(matchLabels, pod.labels),
  );
  return found ?? null;
}

/** `osd-0-cfl44` of a ReplicaSet `osd-0`: pods that differ in their last part are told together. */
function ownerName({ name, labels }: OtherPod): string {
  return labels['app.kubernetes.io/name'] ?? labels.app ?? name.replace(/-[^-]+$/, '');
}

function aboutPods(pod: OtherPod): Pick<Finding, 'about' | 'subject' | 'node' | 'check'> {
  const subject = `${pod.namespace}/${ownerName(pod)}`;
  return { about: 'pod', check: 'other-pods', subject, node: pod.node };
}

function evictedPods(pod: OtherPod, count: number): Finding {
  return {
    ...aboutPods(pod),
    severity: 'warning',
    finding: `${countText(count, 'pod')} that no PodDisruptionBudget guards would be evicted with the node`,
    advice: 'see that what they serve (storage, say) can miss them, or give them a budget',
  };
}

function budgetedPods(
  pod: OtherPod,
  count: number,
  { name, disruptionsAllowed }: DisruptionBudget,
  atOnce: boolean,
): Finding {
  const told = `${countText(count, 'pod')} under PodDisruptionBudget ${name}, which allows ${disruptionsAllowed}`;
  if (disruptionsAllowed === 0) {
    const advice = 'nothing is evicted until the budget allows it: kubectl drain waits for ever';
    return { ...aboutPods(pod), severity: 'blocker', finding: told, advice };
  }
  const waits = count > disruptionsAllowed || atOnce;
  return {
    ...aboutPods(pod),
    severity: waits ? 'warning' : 'note',
    finding: waits ? `${told}: the rest wait for these to be ready elsewhere` : told,
    advice: waits ? 'drain fewer of their nodes at once' : '',
  };
}
