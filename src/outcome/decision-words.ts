/** What the actions of decisions.csv mean, for somebody who has not read KubeVirt and QEMU. */

/** By action; those with a figure in them by their beginning. */
const WORDS: readonly (readonly [action: string, words: string])[] = [
  [
    'eviction-denied',
    'kubectl drain asked for an eviction; KubeVirt’s webhook denied it and marked the guest for evacuation, so that it is migrated instead.',
  ],
  ['eviction-allowed', 'The eviction was allowed: the guest is shut down, not migrated.'],
  ['migration-created', 'A VirtualMachineInstanceMigration was made for the guest.'],
  ['migration-deleted', 'Somebody deleted the migration, which cancels it.'],
  ['migration-rejected', 'KubeVirt refused to make the migration.'],
  ['waits', 'The migration is held in KubeVirt’s queue.'],
  ['slot-held', 'The migration holds a slot of the parallel limits without moving.'],
  ['target-pod-created', 'The migration got a slot; a pod for the guest on its target is made.'],
  ['target-pod-scheduled', 'The scheduler found a node for the target pod.'],
  ['target-pod-unschedulable', 'The scheduler found no node for the target pod.'],
  [
    'handed-off',
    'virt-controller handed the migration to the nodes; its settings are frozen from here on.',
  ],
  ['migration-started', 'libvirt on the source told QEMU to migrate: memory begins to flow.'],
  ['mirrors ready', 'libvirt has copied the disks and keeps them in step; memory follows.'],
  [
    'held by device state',
    'Memory alone would fit into the pause, the device’s state does not: QEMU keeps on.',
  ],
  [
    'set downtime limit',
    'KubeVirt told QEMU how long the pause may take: QEMU switches over when what is left fits into it.',
  ],
  [
    'start post-copy',
    'KubeVirt’s monitor gave up on pre-copy: the guest is to run on the target, its memory follows.',
  ],
  [
    'post-copy',
    'QEMU stopped the guest and began to run it on the target; pages that are missing come on demand.',
  ],
  ['target resumed', 'The guest runs on the target.'],
  [
    'suspend guest',
    'KubeVirt’s monitor paused the guest so that it cannot write while the rest is sent.',
  ],
  ['throttle', 'QEMU takes CPU time from the guest, so that it writes less.'],
  ['abort refused', 'KubeVirt asked to abort; libvirt cannot in post-copy.'],
  ['abort', 'KubeVirt’s monitor ended the migration; the guest stays on its source.'],
  [
    'switchover',
    'What was left fits into the downtime limit: QEMU stopped the guest and sent the rest.',
  ],
  ['connection lost', 'The connection between the nodes broke.'],
  ['connection stalls', 'A link of the route is down; TCP tries again and again.'],
  ['connection resumes', 'TCP got through again.'],
  ['completed', 'QEMU has sent everything.'],
  ['cancelled', 'QEMU ended the migration as told; the source goes on.'],
  ['failed', 'QEMU’s migration failed; the source goes on.'],
  ['lost', 'The guest was lost: in post-copy neither side has all of its memory.'],
  ['guest-lost', 'The guest was lost: in post-copy neither side has all of its memory.'],
  ['migration-succeeded', 'virt-controller saw the guest on its new node.'],
  ['migration-failed', 'virt-controller counts the attempt as failed.'],
  ['migration-aborted', 'virt-controller counts the attempt as aborted; the drain may try again.'],
  ['migration-lost', 'virt-controller counts the guest as lost.'],
  ['settled', 'The drain has nothing more to do for this guest.'],
];

/** '' for an action that says it all itself. */
export function decisionWords(action: string): string {
  const exact = WORDS.find(([name]) => name === action);
  const found = exact ?? WORDS.find(([name]) => action.startsWith(`${name} `));
  return found?.[1] ?? '';
}
