/**
 * A queue of tasks from the calling thread to one worker, in memory that both share: entries of
 * (slot, task number, guest memory). The writer never waits: there are more places than slots, and
 * entries that are out of date are few.
 *
 * head, tail: entries written and read so far       entries, by (number of entry) mod PLACES
 * ┌──────┬──────┬──────────────────────────────────────────────────────────┐
 * │ head │ tail │ slot, number, memory │ slot, number, memory │ …          │
 * └──────┴──────┴──────────────────────────────────────────────────────────┘
 */
const HEAD = 0;
const TAIL = 1;
const FIRST = 2;
const ENTRY_WORDS = 3;
const PLACES = 8192;

/** The slot of an entry that tells the worker to stop. */
export const STOP = -1;

export interface RingEntry {
  readonly slot: number;
  readonly number: number;
  readonly memory: number;
}

export function createRing(): Int32Array {
  return new Int32Array(new SharedArrayBuffer((FIRST + PLACES * ENTRY_WORDS) * 4));
}

/** False where the worker is so far behind that there is no place. */
export function pushEntry(ring: Int32Array, { slot, number, memory }: RingEntry): boolean {
  const head = Atomics.load(ring, HEAD);
  if (head - Atomics.load(ring, TAIL) >= PLACES) return false;
  const at = placeOf(head);
  ring[at] = slot;
  ring[at + 1] = number;
  ring[at + 2] = memory;
  Atomics.store(ring, HEAD, head + 1);
  Atomics.notify(ring, HEAD);
  return true;
}

/** The next entry; waits for one. */
export function nextEntry(ring: Int32Array): RingEntry {
  const tail = Atomics.load(ring, TAIL);
  while (Atomics.load(ring, HEAD) === tail) Atomics.wait(ring, HEAD, tail);
  const at = placeOf(tail);
  const entry = {
    slot: ring[at] as number,
    number: ring[at + 1] as number,
    memory: ring[at + 2] as number,
  };
  Atomics.store(ring, TAIL, tail + 1);
  return entry;
}

function placeOf(entry: number): number {
  return FIRST + (entry % PLACES) * ENTRY_WORDS;
}
