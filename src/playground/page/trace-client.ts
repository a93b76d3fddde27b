/**
 * Asks the worker for traces, the newest wish first: while one is computed, at most one waits, and a
 * wish that has long been overtaken is ended with its worker.
 */
import type { TraceAnswerMessage, TraceRequest } from './messages.js';

type Wish = Omit<TraceRequest, 'id'>;

export interface TraceClient {
  readonly ask: (wish: Wish) => void;
}

export interface TraceListener {
  readonly onAnswer: (wish: Wish, answer: TraceAnswerMessage) => void;
  readonly onBusy: (busy: boolean) => void;
}

/** Longer than this nobody waits for what nobody asks for any more. */
const PATIENCE_MS = 120;

export function createTraceClient(
  workerSource: string,
  kernels: Uint8Array<ArrayBuffer>,
  listener: TraceListener,
): TraceClient {
  const url = URL.createObjectURL(new Blob([workerSource], { type: 'text/javascript' }));
  let worker = start();
  let current: { readonly id: number; readonly wish: Wish; readonly sinceMs: number } | null = null;
  let next: Wish | null = null;
  let lastId = 0;

  function start(): Worker {
    const made = new Worker(url);
    made.postMessage(kernels.buffer.slice(0));
    made.addEventListener('message', ({ data }: MessageEvent<TraceAnswerMessage>) => {
      if (current === null || data.id !== current.id) return;
      const { wish } = current;
      current = null;
      // What has been overtaken is shown as well: a picture that is a little late moves, too.
      listener.onAnswer(wish, data);
      if (next === null) listener.onBusy(false);
      else send(next);
    });
    return made;
  }

  function send(wish: Wish): void {
    next = null;
    lastId += 1;
    current = { id: lastId, wish, sinceMs: performance.now() };
    listener.onBusy(true);
    worker.postMessage({ id: lastId, ...wish } satisfies TraceRequest);
  }

  return {
    ask: (wish) => {
      if (current === null) {
        send(wish);
      } else if (performance.now() - current.sinceMs > PATIENCE_MS) {
        worker.terminate();
        worker = start();
        send(wish);
      } else {
        next = wish;
      }
    },
  };
}
