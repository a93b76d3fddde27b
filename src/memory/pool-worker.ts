/**
 * What a worker thread of the pool runs: one piscina task for as long as the pool is open, which
 * takes tasks off its ring as they come, without an event loop's turn in between.
 */
import { type MessagePort, receiveMessageOnPort, threadId } from 'node:worker_threads';
import type { GuestMemory } from './guest-memory.js';
import { loadKernels } from './load-node.js';
import { nextEntry, type RingEntry, STOP } from './pool-ring.js';
import {
  ASKED,
  BEGUN,
  DONE,
  FAILED,
  type PoolSlots,
  slotWord,
  taskRoom,
  writeResult,
} from './pool-slots.js';
import { readTask } from './pool-task.js';
import { stepRound } from './round.js';
import type { RoundResult, RoundTask } from './round-task.js';

/** Guests' memories, which tasks name by number. */
export type ToWorker =
  | { readonly kind: 'memory'; readonly id: number; readonly memory: GuestMemory }
  | { readonly kind: 'release'; readonly id: number };

/** An error of a task, in the order in which they failed. */
export interface FromWorker {
  readonly slot: number;
  readonly error: unknown;
}

export interface PoolSeat {
  readonly port: MessagePort;
  readonly ring: Int32Array;
  readonly slots: PoolSlots;
}

const kernels = loadKernels();

/** Works until it is told to stop; returns its thread's number. */
export default function serve(seat: PoolSeat): number {
  return serveWith(seat, (task) => stepRound(kernels, task));
}

export function serveWith(seat: PoolSeat, run: (task: RoundTask) => RoundResult): number {
  const memories = new Map<number, GuestMemory>();
  for (;;) {
    const entry = nextEntry(seat.ring);
    if (entry.slot === STOP) return threadId;
    if (!memories.has(entry.memory)) takeMemories(seat.port, memories);
    const memory = memories.get(entry.memory);
    // Released, or sent again since: the entry is out of date.
    if (memory !== undefined) doTask(seat, entry, memory, run);
  }
}

function takeMemories(port: MessagePort, memories: Map<number, GuestMemory>): void {
  for (;;) {
    const message = receiveMessageOnPort(port)?.message as ToWorker | undefined;
    if (message === undefined) return;
    if (message.kind === 'memory') memories.set(message.id, message.memory);
    else memories.delete(message.id);
  }
}

/** Does it unless somebody else has begun it, or its result is no longer wanted. */
function doTask(
  { slots, port }: PoolSeat,
  { slot, number }: RingEntry,
  memory: GuestMemory,
  run: (task: RoundTask) => RoundResult,
): void {
  const asked = slotWord(number, ASKED);
  const begun = slotWord(number, BEGUN);
  if (Atomics.compareExchange(slots.states, slot, asked, begun) !== asked) return;
  const startMs = performance.now();
  let end = DONE;
  try {
    const result = run(readTask(taskRoom(slots, slot), memory));
    writeResult(slots, slot, result, performance.now() - startMs);
  } catch (error) {
    port.postMessage({ slot, error } satisfies FromWorker);
    end = FAILED;
  }
  Atomics.store(slots.states, slot, slotWord(number, end));
  Atomics.notify(slots.states, slot);
}
