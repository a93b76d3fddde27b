/** The page kernels: one WebAssembly instance with the views on its memory that rounds need. */
import { createUnits, fitUnits, type Units } from './units.js';

/** What the module exports; arguments are i32 or f64, addresses are bytes. See assembly/index.ts. */
export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  jobExponents(): number;
  jobPages(): number;
  jobIds(): number;
  jobCounts(): number;
  jobsMax(): number;
  hitPlaces(): number;
  bitsDirty(): number;
  bitsBefore(): number;
  bitsAfter(): number;
  bitsKeep(): number;
  drawParts(
    jobs: number,
    byPage: number,
    seedLow: number,
    seedHigh: number,
    guest: number,
    sync: number,
  ): void;
  drawPlaces(
    pages: number,
    exponent: number,
    seedLow: number,
    seedHigh: number,
    guest: number,
    sync: number,
    id: number,
  ): number;
  drawTogether(
    jobs: number,
    exponent: number,
    seedLow: number,
    seedHigh: number,
    guest: number,
    sync: number,
    id: number,
  ): void;
  drawStop(
    pages: number,
    dirty: number,
    rank: number,
    seedLow: number,
    seedHigh: number,
    guest: number,
    sync: number,
    id: number,
  ): number;
  drawRuns(
    pages: number,
    dirty: number,
    seedLow: number,
    seedHigh: number,
    guest: number,
    sync: number,
    id: number,
  ): number;
  placeDirty(
    pages: number,
    dirty: number,
    seedLow: number,
    seedHigh: number,
    guest: number,
    sync: number,
    id: number,
  ): void;
  popcount(at: number, words: number): number;
  setRange(at: number, from: number, to: number): void;
  countRange(at: number, from: number, to: number): number;
  selectSet(at: number, bits: number, rank: number): number;
  countRuns(at: number, bits: number, carry: number): number;
  countGroups(at: number, bits: number, phase: number, shift: number): number;
  syncSwept(dirty: number, before: number, after: number, keep: number, words: number): number;
}

/** Arrays that a round's step works in, reused from round to round; of no meaning between them. */
export interface RoundScratch {
  readonly units: Units;
  /** Of each unit: pages sent, and dirty ones after the sync. */
  sent: Uint32Array;
  after: Uint32Array;
  /** Segments that were hit in units of several, one entry a page. */
  readonly runHits: number[];
}

export interface Kernels {
  readonly exports: KernelExports;
  /** The batch of jobs in linear memory. */
  readonly jobExponents: Float64Array;
  readonly jobPages: Uint32Array;
  readonly jobIds: Uint32Array;
  readonly jobCounts: Uint32Array;
  /** Where drawPlaces lists what it hit. */
  readonly hitPlaces: Uint32Array;
  /** Which unit each job belongs to. */
  readonly jobUnits: Uint32Array;
  /** The bits of one chunk. */
  readonly bitsDirty: Uint32Array;
  readonly scratch: RoundScratch;
}

const CHUNK_WORDS = 8192;
/** LIST_MAX of assembly/memory-map.ts. */
const HIT_PLACES_MAX = 2048;
const UNITS_AT_FIRST = 1024;

/** Makes an instance; not to be shared between threads. */
export function instantiateKernels(module: WebAssembly.Module): Kernels {
  const instance = new WebAssembly.Instance(module, {});
  const exports = instance.exports as unknown as KernelExports;
  const { buffer } = exports.memory;
  const jobs = exports.jobsMax();
  return {
    exports,
    jobExponents: new Float64Array(buffer, exports.jobExponents(), jobs),
    jobPages: new Uint32Array(buffer, exports.jobPages(), jobs),
    jobIds: new Uint32Array(buffer, exports.jobIds(), jobs),
    jobCounts: new Uint32Array(buffer, exports.jobCounts(), jobs),
    hitPlaces: new Uint32Array(buffer, exports.hitPlaces(), HIT_PLACES_MAX),
    jobUnits: new Uint32Array(jobs),
    bitsDirty: new Uint32Array(buffer, exports.bitsDirty(), CHUNK_WORDS),
    scratch: {
      units: createUnits(UNITS_AT_FIRST),
      sent: new Uint32Array(UNITS_AT_FIRST),
      after: new Uint32Array(UNITS_AT_FIRST),
      runHits: [],
    },
  };
}

/** The scratch, with room for `units` units. */
export function scratchFor(kernels: Kernels, units: number): RoundScratch {
  const { scratch } = kernels;
  if (scratch.sent.length < units) {
    const capacity = Math.ceil(units * 1.25);
    fitUnits(scratch.units, capacity);
    scratch.sent = new Uint32Array(capacity);
    scratch.after = new Uint32Array(capacity);
  }
  return scratch;
}
