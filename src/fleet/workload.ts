/**
 * What a guest does to its memory. A workload is a list of regions, each with a write process and
 * phases over time; or an observation (Prometheus dirty rates) that a seeded draw turns into one.
 */

export type Workload =
  | { readonly kind: 'regions'; readonly regions: readonly Region[] }
  | ObservedWorkload;

/**
 * One or more windows of distinct pages dirtied (spec/kubevirt.md 10). One window cannot tell the
 * hot set's size from its heat: the pair is drawn per seed from the prior below.
 */
export interface ObservedWorkload {
  readonly kind: 'observed';
  /** Memory with content; the rest of the guest is zero pages. */
  readonly filledBytes: number;
  /** Distinct bytes dirtied within a window of `windowSeconds`, per second, as metrics give it. */
  readonly dirtyRates: readonly {
    readonly windowSeconds: number;
    readonly bytesPerSecond: number;
  }[];
  /** Size after compression over size before. */
  readonly compressedShare: number;
}

export interface Region {
  readonly name: string;
  /** Whole pages of 4 KiB. The regions of a guest add up to its memory. */
  readonly bytes: number;
  /** Share of the region's pages that have content at the start, 0 to 1; the rest are zero pages. */
  readonly filledShare: number;
  /** Size after compression over size before, 0 < x <= 1. */
  readonly compressedShare: number;
  readonly placement: Placement;
  readonly writes: WriteProcess;
  readonly phases: readonly Phase[];
  /** A clock-paced writer catches up after a stall or throttle; a CPU-bound one slows down. */
  readonly pacedBy: 'cpu' | 'clock';
}

export type Placement =
  /** An equal share of every 1-GiB chunk. */
  | { readonly kind: 'spread' }
  /** In one piece, starting at this share (0 to 1) of the room that there is. */
  | { readonly kind: 'contiguous'; readonly at: number }
  /** In one piece at a place drawn from the run's seed and the guest's name. */
  | { readonly kind: 'contiguous-seeded' };

/** Rates are page writes per second of the whole region at intensity 1. */
export type WriteProcess =
  | { readonly kind: 'none' }
  | { readonly kind: 'random'; readonly pagesPerSecond: number }
  | {
      readonly kind: 'hotcold';
      readonly pagesPerSecond: number;
      /** Share of the region's pages that are hot (its first ones), and of the writes they get. */
      readonly hotShare: number;
      readonly hotWritesShare: number;
    }
  | { readonly kind: 'zipf'; readonly pagesPerSecond: number; readonly exponent: number }
  /** A cursor that runs over the region and wraps; `startShare` is where it stands at time 0. */
  | { readonly kind: 'sweep'; readonly pagesPerSecond: number; readonly startShare: number };

/** Multiplies the region's intensity while it lasts; overlapping phases multiply. */
export type Phase =
  | {
      readonly kind: 'periodic';
      readonly periodUs: number;
      readonly startUs: number;
      readonly lengthUs: number;
      readonly factor: number;
    }
  | {
      readonly kind: 'once';
      readonly fromUs: number;
      readonly toUs: number;
      readonly factor: number;
    };
