/**
 * What a worker thread of the pool runs: one piscina task for as long as the pool is open, which
 * takes tasks off its port as they come, without an event loop's turn in between.
 */
import { type MessagePort, receiveMessageOnPort, threadId } from 'node:worker_threads';
import type { GuestMemory } from './guest-memory.js';
import { loadKernels } from './load-node.js';
import { ASKED, BEGUN, DONE, FAILED, type PoolSlots, slotWord, writeResult } from './pool-slots.js';
import { stepRound } from './round.js';
import { pointsOf } from './round-clock.js';
import type { RoundProgress, RoundResult, RoundTask } from './round-task.js';

/** The task as it is sent: its guest's memory is sent once, and named from then on. */
export interface SentTask {
  readonly kind: 'task';
  readonly slot: number;
  /** The slot's number for it. */
  readonly number: number;
  readonly memory: number;
  readonly task: Omit<RoundTask, 'memory' | 'progress'>;
  /** The progress's points: all times, then all bytes, periods, active parts. */
  readonly progress: Float64Array;
}

export type ToWorker =
  | SentTask
  | { readonly kind: 'memory'; readonly id: number; readonly memory: GuestMemory }
  | { readonly kind: 'release'; readonly id: number }
  | { readonly kind: 'close' };

/** An error of a task, in the order in which they failed. */
export interface FromWorker {
  readonly slot: number;
  readonly error: unknown;
}

export interface PoolSeat {
  readonly port: MessagePort;
  /** Its first word goes up with every message. */
  readonly bell: Int32Array;
  readonly slots: PoolSlots;
}

const kernels = loadKernels();

/** Works until it is told to close; returns its thread's number. */
export default function serve(seat: PoolSeat): number {
  return serveWith(seat, (task) => stepRound(kernels, task));
}

export function serveWith(seat: PoolSeat, run: (task: RoundTask) => RoundResult): number {
  const memories = new Map<number, GuestMemory>();
  for (;;) {
    const rung = Atomics.load(seat.bell, 0);
    const message = receiveMessageOnPort(seat.port)?.message as ToWorker | undefined;
    if (message === undefined) {
      Atomics.wait(seat.bell, 0, rung);
      continue;
    }
    switch (message.kind) {
      case 'close':
        return threadId;
      case 'memory':
        memories.set(message.id, message.memory);
        break;
      case 'release':
        memories.delete(message.id);
        break;
      case 'task': {
        const memory = memories.get(message.memory);
        if (memory === undefined) throw new Error(`no memory ${message.memory} was sent`);
        doTask(seat, message, memory, run);
        break;
      }
      default:
        message satisfies never;
    }
  }
}

const PROGRESS_ARRAYS = 4;

export function packProgress(progress: RoundProgress): Float64Array {
  const { timesUs, bytes, periodUs, activeUs } = progress;
  const count = pointsOf(progress);
  const packed = new Float64Array(PROGRESS_ARRAYS * count);
  for (let i = 0; i < count; i += 1) {
    packed[i] = timesUs[i] as number;
    packed[count + i] = bytes[i] as number;
    packed[2 * count + i] = periodUs?.[i] ?? 0;
    packed[3 * count + i] = activeUs?.[i] ?? 0;
  }
  return packed;
}

function unpack(packed: Float64Array): RoundProgress {
  const count = packed.length / PROGRESS_ARRAYS;
  const part = (i: number): Float64Array => packed.subarray(i * count, (i + 1) * count);
  return { count, timesUs: part(0), bytes: part(1), periodUs: part(2), activeUs: part(3) };
}

/** Does it unless somebody else has begun it, or its result is no longer wanted. */
function doTask(
  { slots, port }: PoolSeat,
  { slot, number, task, progress }: SentTask,
  memory: GuestMemory,
  run: (task: RoundTask) => RoundResult,
): void {
  const asked = slotWord(number, ASKED);
  const begun = slotWord(number, BEGUN);
  if (Atomics.compareExchange(slots.states, slot, asked, begun) !== asked) return;
  const startMs = performance.now();
  let end = DONE;
  try {
    writeResult(
      slots,
      slot,
      run({ ...task, memory, progress: unpack(progress) }),
      performance.now() - startMs,
    );
  } catch (error) {
    port.postMessage({ slot, error } satisfies FromWorker);
    end = FAILED;
  }
  Atomics.store(slots.states, slot, slotWord(number, end));
  Atomics.notify(slots.states, slot);
}
