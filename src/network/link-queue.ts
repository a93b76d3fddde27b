/**
 * Links waiting to be looked at again, lowest level first: a binary heap by key in which a link is
 * at most once and its key can fall or rise.
 */
export interface LinkQueue {
  /** Links in heap order; only the first `size` count. */
  heap: Int32Array;
  /** By link: its place in the heap, -1 when not queued. */
  place: Int32Array;
  key: Float64Array;
  size: number;
}

export function createLinkQueue(linkCount: number): LinkQueue {
  return {
    heap: new Int32Array(linkCount),
    place: new Int32Array(linkCount).fill(-1),
    key: new Float64Array(linkCount),
    size: 0,
  };
}

/** Makes room for as many links. */
export function growLinkQueue(queue: LinkQueue, linkCount: number): void {
  const grown = createLinkQueue(linkCount);
  grown.heap.set(queue.heap);
  grown.place.set(queue.place);
  grown.key.set(queue.key);
  queue.heap = grown.heap;
  queue.place = grown.place;
  queue.key = grown.key;
}

/** Queues a link, or lowers its key; a key above the one it has is ignored. */
export function lowerKey(queue: LinkQueue, link: number, key: number): void {
  const place = queue.place[link];
  if (place < 0) {
    queue.key[link] = key;
    siftUp(queue, queue.size++, link);
  } else if (key < queue.key[link]) {
    queue.key[link] = key;
    siftUp(queue, place, link);
  }
}

/** Raises the key of the first link; false when it is no longer the first. */
export function raiseFirstKey(queue: LinkQueue, key: number): boolean {
  const first = queue.heap[0];
  queue.key[first] = key;
  siftDown(queue, 0, first);
  return queue.heap[0] === first;
}

/** Takes the first link out. */
export function dropFirst(queue: LinkQueue): void {
  queue.place[queue.heap[0]] = -1;
  queue.size--;
  if (queue.size > 0) siftDown(queue, 0, queue.heap[queue.size]);
}

function siftUp(queue: LinkQueue, from: number, link: number): void {
  const { heap, place, key } = queue;
  const linkKey = key[link];
  let at = from;
  while (at > 0) {
    const parentAt = (at - 1) >> 1;
    const parent = heap[parentAt];
    if (key[parent] <= linkKey) break;
    heap[at] = parent;
    place[parent] = at;
    at = parentAt;
  }
  heap[at] = link;
  place[link] = at;
}

function siftDown(queue: LinkQueue, from: number, link: number): void {
  const { heap, place, key, size } = queue;
  const linkKey = key[link];
  let at = from;
  for (;;) {
    let childAt = 2 * at + 1;
    if (childAt >= size) break;
    if (childAt + 1 < size && key[heap[childAt + 1]] < key[heap[childAt]]) childAt++;
    const child = heap[childAt];
    if (key[child] >= linkKey) break;
    heap[at] = child;
    place[child] = at;
    at = childAt;
  }
  heap[at] = link;
  place[link] = at;
}
