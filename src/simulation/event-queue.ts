/**
 * Wakes of migrations in the order (time, migration): deterministic whatever the order in which
 * they were asked for. One entry counts per migration, its latest; older ones are passed over.
 */
import FlatQueue from 'flatqueue';

export interface EventQueue {
  /** Migrations by time; entries of one time are in no order. */
  readonly heap: FlatQueue<number>;
  /** By migration: when it is to be woken, Infinity: not at all. */
  readonly dueUs: number[];
  /** By migration: the earliest entry in the heap that will see to it. */
  readonly entryUs: number[];
}

export function createEventQueue(): EventQueue {
  return { heap: new FlatQueue<number>(), dueUs: [], entryUs: [] };
}

/**
 * Sets when the migration is to be woken next (Infinity: not at all), in place of any earlier wish.
 * A wish that moves to later keeps its entry, which is put back when its turn comes.
 */
export function wakeAt(queue: EventQueue, migration: number, atUs: number): void {
  const { dueUs, entryUs } = queue;
  while (dueUs.length <= migration) {
    dueUs.push(Number.POSITIVE_INFINITY);
    entryUs.push(Number.POSITIVE_INFINITY);
  }
  dueUs[migration] = atUs;
  if (atUs >= (entryUs[migration] as number)) return;
  entryUs[migration] = atUs;
  queue.heap.push(migration, atUs);
}

/** The earliest instant at which anything is due; Infinity when nothing is. */
export function nextEventUs(queue: EventQueue): number {
  const { heap, dueUs, entryUs } = queue;
  for (;;) {
    const migration = heap.peek();
    const atUs = heap.peekValue();
    if (migration === undefined || atUs === undefined) return Number.POSITIVE_INFINITY;
    if (entryUs[migration] === atUs) {
      const due = dueUs[migration] as number;
      if (due === atUs) return atUs;
      heap.pop();
      entryUs[migration] = due;
      if (due < Number.POSITIVE_INFINITY) heap.push(migration, due);
    } else {
      heap.pop();
    }
  }
}

/** Takes all that are due at `nowUs`, in ascending order; their wakes are spent. */
export function takeDue(queue: EventQueue, nowUs: number): readonly number[] {
  const { heap, dueUs, entryUs } = queue;
  const due: number[] = [];
  while (nextEventUs(queue) === nowUs) {
    const migration = heap.pop() as number;
    dueUs[migration] = Number.POSITIVE_INFINITY;
    entryUs[migration] = Number.POSITIVE_INFINITY;
    due.push(migration);
  }
  return due.length > 1 ? due.sort((a, b) => a - b) : due;
}
