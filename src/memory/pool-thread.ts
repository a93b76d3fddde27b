/**
 * A worker thread of the pool as the calling thread sees it: what it was given, and what becomes of
 * that when the thread dies. Page work is a pure function of its task, so it is done again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import type { GuestMemory } from './guest-memory.js';
import { causeOfDeath, reasonToGiveUp, runEndable, ThreadHangs } from './pool-repeat.js';
import { createRing, PATIENT, pushEntry, type Queue, STOP } from './pool-ring.js';
import { ASKED, BEGUN, FAILED, type PoolSlots, slotWord, stateOf } from './pool-slots.js';
import type { FromWorker, PoolSeat, ToWorker } from './pool-worker.js';
import type { RoundTask } from './round-task.js';

/** A task that lies in a slot. */
export interface AskedTask {
  readonly task: RoundTask;
  readonly slot: number;
  readonly thread: PoolThread;
  readonly queue: Queue;
  /** The slot's number for it; another one when it is asked for again. */
  number: number;
  /** The guest's state as it was before anyone began. */
  readonly before: Uint8Array;
  deaths: number;
  /** Why it will never be done; null: it may be. */
  failure: unknown;
}

export interface PoolThread {
  readonly pool: Piscina;
  readonly slots: PoolSlots;
  /** Given to it, and not taken back yet. */
  readonly given: Set<AskedTask>;
  readonly memories: Map<GuestMemory, number>;
  memoriesSent: number;
  port: MessagePort;
  ring: Int32Array;
  /** Deaths since the last one in mid-work. */
  idleDeaths: number;
  /** Ends the thread that hangs. */
  hangs: AbortController;
  /** Fulfilled when it has closed. */
  closed: Promise<void>;
}

/** Threads that die before they do anything are not for this machine. */
const IDLE_DEATHS_MOST = 10;

export function startThread(pool: Piscina, slots: PoolSlots): PoolThread {
  const { port1 } = new MessageChannel();
  const thread: PoolThread = {
    pool,
    slots,
    given: new Set(),
    memories: new Map(),
    memoriesSent: 0,
    port: port1,
    ring: createRing(),
    idleDeaths: 0,
    hangs: new AbortController(),
    closed: Promise.resolve(),
  };
  thread.closed = keepServed(thread);
  return thread;
}

/**
 * Gives it the task that lies in a slot; the guest's memory goes with the first one. Where its ring
 * has no place the task stays asked for, and the calling thread will do it.
 */
export function give(thread: PoolThread, asked: AskedTask): void {
  thread.given.add(asked);
  const { memory } = asked.task;
  let id = thread.memories.get(memory);
  if (id === undefined) {
    id = thread.memoriesSent;
    thread.memoriesSent += 1;
    thread.memories.set(memory, id);
    post(thread, { kind: 'memory', id, memory });
  }
  pushEntry(thread.ring, asked.queue, { slot: asked.slot, number: asked.number, memory: id });
}

export function releaseMemory(thread: PoolThread, memory: GuestMemory): void {
  const id = thread.memories.get(memory);
  if (id === undefined) return;
  thread.memories.delete(memory);
  post(thread, { kind: 'release', id });
}

export async function closeThread(thread: PoolThread): Promise<void> {
  const stop = { slot: STOP, number: 0, memory: 0 };
  while (!pushEntry(thread.ring, PATIENT, stop)) await sleep(1);
  await thread.closed;
}

/** The thread has been at one task for too long. */
export function endHanging(thread: PoolThread): void {
  thread.hangs.abort(new ThreadHangs());
}

/** Notes why tasks failed; their slots say that they did. */
export function readFailures(thread: PoolThread): void {
  for (;;) {
    const message = receiveMessageOnPort(thread.port)?.message as FromWorker | undefined;
    if (message === undefined) return;
    for (const asked of thread.given) {
      if (asked.slot === message.slot) asked.failure = message.error;
    }
  }
}

function post({ port }: PoolThread, message: ToWorker): void {
  port.postMessage(message);
}

/** Has a thread at work until it is told to close, and another one when it dies. */
async function keepServed(thread: PoolThread): Promise<void> {
  for (;;) {
    const { port1, port2 } = new MessageChannel();
    thread.port = port1;
    thread.ring = createRing();
    thread.hangs = new AbortController();
    const { signal } = thread.hangs;
    const seat: PoolSeat = { port: port2, ring: thread.ring, slots: thread.slots };
    const served = runEndable(thread.pool, seat, signal, { signal, transferList: [port2] });
    thread.memories.clear();
    for (const asked of thread.given) give(thread, asked);
    try {
      await served;
      port1.close();
      return;
    } catch (error) {
      readFailures(thread);
      port1.close();
      if (!takeBack(thread, error)) return;
    }
  }
}

/**
 * What a thread that died had begun is put back to where it was, and asked for again. False when no
 * other thread is to be tried: the calling one does the work.
 */
function takeBack(thread: PoolThread, error: unknown): boolean {
  const cause = causeOfDeath(error);
  thread.idleDeaths += 1;
  for (const asked of thread.given) {
    if (stateOf(Atomics.load(thread.slots.states, asked.slot)) !== BEGUN) continue;
    thread.idleDeaths = 0;
    asked.deaths += 1;
    asked.failure = cause === null ? error : reasonToGiveUp(asked.deaths, cause, error);
    restore(asked);
    asked.number += 1;
    const next = asked.failure === null ? ASKED : FAILED;
    Atomics.store(thread.slots.states, asked.slot, slotWord(asked.number, next));
  }
  return cause !== null && thread.idleDeaths < IDLE_DEATHS_MOST;
}

export function stateBytes({ memory }: RoundTask): Uint8Array {
  return new Uint8Array(memory.header.buffer);
}

function restore({ task, before }: AskedTask): void {
  const bytes = stateBytes(task);
  bytes.set(before.subarray(0, bytes.length));
}
