/** What a dump says that cannot be: told, and simulated as it stands. */
import type { FleetNode, Guest, KubeVirtSettings, OtherPod } from '../model.js';
import type { Field } from './field.js';
import { type WarningLog, warn } from './warning-log.js';

const GIB = 1024 ** 3;

/** Warns of nodes whose guests and pods request more memory than the node can allocate. */
export function warnOvercommit(
  nodes: readonly FleetNode[],
  guests: readonly Guest[],
  pods: readonly OtherPod[],
  kubevirt: KubeVirtSettings,
  fieldOfNode: (name: string) => Field,
  log: WarningLog,
): void {
  const requested = new Map<string, number>();
  const add = (node: string, bytes: number) =>
    requested.set(node, (requested.get(node) ?? 0) + bytes);
  for (const guest of guests) {
    if (guest.node === null || guest.hugepageBytes !== null) continue;
    const computed = (guest.memoryBytes * 100) / kubevirt.memoryOvercommit;
    add(guest.node, guest.resourceRequests.memory ?? computed);
  }
  for (const pod of pods) add(pod.node, pod.requests.memory ?? 0);
  for (const { name, allocatable, known } of nodes) {
    const sum = requested.get(name) ?? 0;
    const available = allocatable.memory;
    if (known && available !== undefined && sum > available) {
      const shown = `${gib(sum)} requested, ${gib(available)} allocatable`;
      warn(log, fieldOfNode(name), `node ${name}: ${shown}`);
    }
  }
}

function gib(bytes: number): string {
  return `${Number((bytes / GIB).toFixed(1))} GiB`;
}
