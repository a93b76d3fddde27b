/**
 * Wakes of migrations in the order (time, migration): deterministic whatever the order in which
 * they were asked for. One entry counts per migration, its latest; older ones are passed over.
 */
import TinyQueue from 'tinyqueue';

interface Wake {
  readonly atUs: number;
  readonly subject: number;
}

export interface EventQueue {
  readonly heap: TinyQueue<Wake>;
  /** By subject: when it is to be woken, and the earliest entry in the heap that will see to it. */
  readonly due: Map<number, { atUs: number; entryUs: number }>;
}

export function createEventQueue(): EventQueue {
  const heap = new TinyQueue<Wake>([], (a, b) => a.atUs - b.atUs || a.subject - b.subject);
  return { heap, due: new Map() };
}

/**
 * Sets when the subject is to be woken next (Infinity: not at all), in place of any earlier wish.
 * A wish that moves to later keeps its entry, which is put back when its turn comes.
 */
export function wakeAt(queue: EventQueue, subject: number, atUs: number): void {
  const known = queue.due.get(subject);
  if (atUs === Number.POSITIVE_INFINITY) {
    queue.due.delete(subject);
  } else if (known === undefined) {
    queue.due.set(subject, { atUs, entryUs: atUs });
    queue.heap.push({ atUs, subject });
  } else {
    known.atUs = atUs;
    if (atUs >= known.entryUs) return;
    known.entryUs = atUs;
    queue.heap.push({ atUs, subject });
  }
}

/** The earliest instant at which anything is due; Infinity when nothing is. */
export function nextEventUs(queue: EventQueue): number {
  for (;;) {
    const first = queue.heap.peek();
    if (first === undefined) return Number.POSITIVE_INFINITY;
    const known = queue.due.get(first.subject);
    if (known !== undefined && known.entryUs === first.atUs) {
      if (known.atUs === first.atUs) return first.atUs;
      queue.heap.pop();
      known.entryUs = known.atUs;
      queue.heap.push({ atUs: known.atUs, subject: first.subject });
    } else {
      queue.heap.pop();
    }
  }
}

/** Takes the next subject that is due at `nowUs`, or null; its wake is spent. */
export function takeDue(queue: EventQueue, nowUs: number): number | null {
  if (nextEventUs(queue) !== nowUs) return null;
  const wake = queue.heap.pop();
  if (wake === undefined) return null;
  queue.due.delete(wake.subject);
  return wake.subject;
}
