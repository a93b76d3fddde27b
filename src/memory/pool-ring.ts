/**
 * Queues of tasks from the calling thread to one worker, in memory that both share: what is needed
 * soon, and what has time. Entries are (slot, task number, guest memory). The writer never waits:
 * there are more places than slots, and entries that are out of date are few.
 *
 * ┌────────┬────────────────────┬────────────────────┬──────────────┬──────────────┐
 * │ asleep │ head, tail: urgent │ head, tail: patient│ urgent ones  │ patient ones │
 * └────────┴────────────────────┴────────────────────┴──────────────┴──────────────┘
 * The worker says that it is asleep, and whoever writes an entry then wakes it. Heads go up with
 * entries written, tails with those read.
 */
const ASLEEP = 0;
const HEADS = [1, 3] as const;
const FIRST = 5;
const ENTRY_WORDS = 3;
const PLACES = 16_384;

/** The slot of an entry that tells the worker to stop. */
export const STOP = -1;

export const URGENT = 0;
export const PATIENT = 1;
export type Queue = typeof URGENT | typeof PATIENT;

export interface RingEntry {
  readonly slot: number;
  readonly number: number;
  readonly memory: number;
}

export function createRing(): Int32Array {
  return new Int32Array(new SharedArrayBuffer((FIRST + 2 * PLACES * ENTRY_WORDS) * 4));
}

/** False where the worker is so far behind that there is no place. */
export function pushEntry(
  ring: Int32Array,
  queue: Queue,
  { slot, number, memory }: RingEntry,
): boolean {
  const atHead = HEADS[queue];
  const head = Atomics.load(ring, atHead);
  if (head - Atomics.load(ring, atHead + 1) >= PLACES) return false;
  const at = placeOf(queue, head);
  ring[at] = slot;
  ring[at + 1] = number;
  ring[at + 2] = memory;
  Atomics.store(ring, atHead, head + 1);
  // Waking costs a microsecond or two, and is seldom needed.
  if (Atomics.exchange(ring, ASLEEP, 0) === 1) Atomics.notify(ring, ASLEEP);
  return true;
}

/** The next entry, urgent ones first; waits for one. */
export function nextEntry(ring: Int32Array): RingEntry {
  for (;;) {
    const entry = anyEntry(ring);
    if (entry !== null) return entry;
    Atomics.store(ring, ASLEEP, 1);
    // One may have been written before the worker said so.
    const late = anyEntry(ring);
    if (late !== null) return late;
    Atomics.wait(ring, ASLEEP, 1);
  }
}

function anyEntry(ring: Int32Array): RingEntry | null {
  return takeEntry(ring, URGENT) ?? takeEntry(ring, PATIENT);
}

function takeEntry(ring: Int32Array, queue: Queue): RingEntry | null {
  const atHead = HEADS[queue];
  const tail = Atomics.load(ring, atHead + 1);
  if (Atomics.load(ring, atHead) === tail) return null;
  const at = placeOf(queue, tail);
  const entry = {
    slot: ring[at] as number,
    number: ring[at + 1] as number,
    memory: ring[at + 2] as number,
  };
  Atomics.store(ring, atHead + 1, tail + 1);
  return entry;
}

function placeOf(queue: Queue, entry: number): number {
  return FIRST + (queue * PLACES + (entry % PLACES)) * ENTRY_WORDS;
}
