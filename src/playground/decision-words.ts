/** Who decided what, and what that means, in a sentence for people who do not read QEMU's source. */
import type { DecisionRecord } from '../simulation/result.js';

const SENTENCES: readonly (readonly [RegExp, string])[] = [
  [
    /^eviction-denied/,
    'The drain asks for the pod to go; KubeVirt marks the guest for evacuation.',
  ],
  [/^migration-created/, 'KubeVirt makes a migration object for the guest.'],
  [/^waits/, 'The migration waits in KubeVirt’s queue.'],
  [/^target-pod-created/, 'KubeVirt starts a pod for the guest on another node.'],
  [/^target-pod-scheduled/, 'The scheduler has found a node for it.'],
  [/^target-pod-unschedulable/, 'No node has room for it.'],
  [/^handed-off/, 'The settings are frozen, and the node’s virt-handler takes over.'],
  [/^migration-started/, 'QEMU begins: its first round sends all memory.'],
  [/^set downtime limit/, 'KubeVirt allows QEMU a longer (or shorter) pause than before.'],
  [/^start post-copy/, 'KubeVirt gives up on pre-copy: the guest is to run at its target at once.'],
  [/^post-copy/, 'The guest stops here; what is left of its memory follows on demand.'],
  [/^target resumed/, 'The guest runs at its target.'],
  [/^suspend guest/, 'KubeVirt stops the guest until the rest of its memory is sent.'],
  [/^abort refused/, 'An abort was asked for, and could not be done.'],
  [/^abort/, 'KubeVirt ends the attempt; the guest goes on where it is.'],
  [/^throttle/, 'QEMU takes CPU time from the guest, so that it writes less.'],
  [/^switchover/, 'What is left fits the allowed pause: QEMU stops the guest and sends it.'],
  [/^held by device state/, 'Memory would fit the pause, a device’s state does not.'],
  [/^completed/, 'Everything is at the target.'],
  [/^cancelled/, 'QEMU has stopped sending.'],
  [/^failed|^lost|^connection/, 'The connection did not hold.'],
  [/^migration-succeeded/, 'KubeVirt shows the guest on its new node.'],
  [
    /^migration-(aborted|failed|lost)/,
    'KubeVirt records how the attempt ended, and tries again later.',
  ],
  [/^settled/, 'The drain is done with this guest.'],
];

/** Empty for what its own words say. */
export function decisionSentence({ action }: DecisionRecord): string {
  return SENTENCES.find(([pattern]) => pattern.test(action))?.[1] ?? '';
}

/** Decisions that change what happens to the memory: worth a mark in the charts. */
export function isTurningPoint({ action }: DecisionRecord): boolean {
  return /^(migration-started|set downtime|start post-copy|suspend|abort|throttle|switchover|completed|cancelled|failed|lost)/.test(
    action,
  );
}
