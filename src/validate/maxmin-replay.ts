/** Flows of a fixed size over shared links, start to finish, with time in doubles. */
import TinyQueue from 'tinyqueue';
import { addFlow, createSharing, flowRate, removeFlow, settle } from '../network/max-min.js';
import type { MaxminCase } from './maxmin-case.js';

interface Running {
  /** Its place in the case. */
  readonly index: number;
  remainingBytes: number;
  rateBytesPerSecond: number;
  /** When `remainingBytes` was right. */
  asOfSeconds: number;
  /** Counts rate changes: a finish predicted for an earlier rate is void. */
  rateVersion: number;
}

interface Finish {
  readonly atSeconds: number;
  readonly id: number;
  readonly flow: Running;
  readonly rateVersion: number;
}

/**
 * When each flow of the case ends, in seconds. Flows that start at the instant at which others end
 * share nothing with them.
 */
export function replayMaxmin(maxminCase: MaxminCase): readonly number[] {
  const { flows } = maxminCase;
  const finishSeconds = flows.map((flow) => flow.startSeconds);
  const sharing = createSharing(maxminCase.capacitiesBytesPerSecond);
  const running = new Map<number, Running>();
  const finishes = new TinyQueue<Finish>([], (a, b) => a.atSeconds - b.atSeconds);
  const starts = flows.map((_, index) => index).filter((index) => flows[index].bytes > 0);
  starts.sort((a, b) => flows[a].startSeconds - flows[b].startSeconds || a - b);
  let started = 0;
  for (;;) {
    dropVoid(finishes);
    const nextStart = flows[starts[started]]?.startSeconds ?? Number.POSITIVE_INFINITY;
    const now = Math.min(nextStart, finishes.peek()?.atSeconds ?? Number.POSITIVE_INFINITY);
    if (now === Number.POSITIVE_INFINITY) return finishSeconds;
    for (let next = finishes.peek(); next?.atSeconds === now; next = finishes.peek()) {
      finishes.pop();
      finishSeconds[next.flow.index] = now;
      removeFlow(sharing, next.id);
      running.delete(next.id);
      dropVoid(finishes);
    }
    for (; flows[starts[started]]?.startSeconds === now; started++) {
      const index = starts[started];
      running.set(addFlow(sharing, flows[index]), {
        index,
        remainingBytes: flows[index].bytes,
        rateBytesPerSecond: 0,
        asOfSeconds: now,
        rateVersion: 0,
      });
    }
    for (const id of settle(sharing)) {
      const flow = running.get(id) as Running;
      changeRate(flow, flowRate(sharing, id), now);
      const atSeconds = now + flow.remainingBytes / flow.rateBytesPerSecond;
      finishes.push({ atSeconds, id, flow, rateVersion: flow.rateVersion });
    }
  }
}

function changeRate(flow: Running, rateBytesPerSecond: number, nowSeconds: number): void {
  const sentBytes = flow.rateBytesPerSecond * (nowSeconds - flow.asOfSeconds);
  flow.remainingBytes = Math.max(0, flow.remainingBytes - sentBytes);
  flow.rateBytesPerSecond = rateBytesPerSecond;
  flow.asOfSeconds = nowSeconds;
  flow.rateVersion++;
}

function dropVoid(finishes: TinyQueue<Finish>): void {
  for (let next = finishes.peek(); next !== undefined; next = finishes.peek()) {
    if (next.rateVersion === next.flow.rateVersion) return;
    finishes.pop();
  }
}
