/** `--profile`: measures where a run's wall time goes, and how busy its threads are. */
import type { Watch } from '../memory/page-work.js';
import { durationText, percentText } from '../outcome/quantity-text.js';
import { tableLines } from '../outcome/text-table.js';
import type { RunPart, RunProfile } from '../simulation/run-profile.js';

const PARTS: Readonly<Record<RunPart, string>> = {
  kernels: 'page work on this thread',
  'hand-off': 'waiting for other threads',
  network: 'sharing out the links',
  decisions: "the control plane, QEMU's and KubeVirt's machines",
  output: 'rows and files',
  rest: 'start-up, loading, what is left',
};

export interface WallProfile extends RunProfile {
  /** A worker thread, by its number, has been at page work for so long. */
  readonly noteTask: (thread: number, busyMs: number) => void;
  /** What a person reads, up to now. */
  readonly lines: (threads: number) => readonly string[];
}

/** Counts from the start of the process on, where `now` is 0. */
export function createWallProfile(now: () => number = () => performance.now()): WallProfile {
  const spentMs = new Map<RunPart, number>();
  const busyMs = new Map<number, number>();
  let part: RunPart = 'rest';
  let sinceMs = 0;
  const enter = (next: RunPart): RunPart => {
    const nowMs = now();
    spentMs.set(part, (spentMs.get(part) ?? 0) + nowMs - sinceMs);
    sinceMs = nowMs;
    const before = part;
    part = next;
    return before;
  };
  return {
    enter,
    noteTask: (thread, ms) => busyMs.set(thread, (busyMs.get(thread) ?? 0) + ms),
    lines: (threads) => {
      enter(part);
      const own = spentMs.get('kernels') ?? 0;
      const others = [...busyMs].sort(([a], [b]) => a - b).map(([, ms]) => ms);
      const idle = Array.from({ length: Math.max(0, threads - 1 - others.length) }, () => 0);
      return profileLines(spentMs, [own, ...others, ...idle], sinceMs);
    },
  };
}

function profileLines(
  spentMs: ReadonlyMap<RunPart, number>,
  busyMs: readonly number[],
  wallMs: number,
): readonly string[] {
  const row = (name: string, ms: number, words: string): string[] => [
    `  ${name}`,
    durationText(ms * 1000),
    percentText(ms / wallMs),
    words,
  ];
  const parts = Object.entries(PARTS) as [RunPart, string][];
  const rows = [
    ...parts.map(([part, words]) => row(part, spentMs.get(part) ?? 0, words)),
    ...busyMs.map((ms, i) =>
      row(`thread ${i + 1}`, ms, i === 0 ? 'busy with page work: this one' : 'a worker'),
    ),
  ];
  const left = { title: '', align: 'left' } as const;
  const right = { title: '', align: 'right' } as const;
  const [, ...lines] = tableLines([left, right, right, left], rows);
  return [`Wall time: ${durationText(wallMs * 1000)}`, ...lines];
}

/** Counts the calling thread's page work, and its waiting for other threads, as what they are. */
export function watchFor(profile: RunProfile): Watch {
  return (part, does) => {
    const before = profile.enter(part);
    try {
      return does();
    } finally {
      profile.enter(before);
    }
  };
}
