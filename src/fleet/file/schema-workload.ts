/** What a guest does to its memory, as a fleet file has it. */
import { z } from 'zod';
import { PRESET_NAMES } from '../presets.js';
import {
  duration,
  noun,
  number,
  pageRate,
  rate,
  seconds,
  share,
  size,
  sizeOrShare,
  writesPerPage,
} from './fields.js';

const rates = {
  rate: pageRate().describe('writes of the whole region: 40k pages/s, 200MiB/s').optional(),
  ratePerPage: writesPerPage().describe('instead of rate: 0.02 writes/s per page').optional(),
};

const writes = z.union([
  z.literal('none'),
  noun({
    process: z.enum(['random', 'hotcold', 'zipf', 'sweep']),
    ...rates,
    hot: share().describe("hotcold: share of the region's pages that are hot").optional(),
    hotWrites: share().describe('hotcold: share of the writes that they get').optional(),
    hotRatePerPage: writesPerPage()
      .describe('hotcold, with coldRatePerPage, instead of rate and hotWrites')
      .optional(),
    coldRatePerPage: writesPerPage().optional(),
    exponent: number(0, 10).describe('zipf').optional(),
    start: share().describe('sweep: where the cursor stands at time 0').optional(),
  }),
]);

const phase = noun({
  every: duration().describe('periodic: from start (default 0s) on, for length').optional(),
  start: duration().optional(),
  length: duration().optional(),
  from: duration().describe('once: from … to …').optional(),
  to: duration().optional(),
  factor: number(0).describe("multiplies the region's rates meanwhile"),
});

const region = noun({
  name: z.string().min(1),
  share: share().describe("of the guest's memory").optional(),
  size: z
    .union([z.literal('rest'), size()])
    .describe('instead of share; rest: what the others leave')
    .optional(),
  filled: share().describe('pages with content at the start (default 100%)').optional(),
  compressed: share().describe('size after compression over size before').optional(),
  placement: z
    .union([z.enum(['spread', 'one-piece']), noun({ at: share() })])
    .describe(
      'spread evenly (default), in one piece at a place drawn from the seed, or at a share of the room',
    )
    .optional(),
  writes: writes.optional(),
  phases: z.array(phase).optional(),
  paced: z.enum(['cpu', 'clock']).optional(),
});

const observed = noun({
  filled: sizeOrShare().optional(),
  dirtyRates: z.array(noun({ window: seconds(), rate: rate() })),
  compressed: share().optional(),
});

export const workload = z
  .union([
    z.enum(PRESET_NAMES),
    noun({
      preset: z.enum(PRESET_NAMES).optional(),
      scale: number(0).describe("multiplies the preset's write rates").optional(),
      workingSet: number(0)
        .describe("multiplies the sizes of the preset's written regions")
        .optional(),
      filled: share().optional(),
      compressed: share().optional(),
      regions: z.array(region).optional(),
      observed: observed.optional(),
    }),
  ])
  .meta({ id: 'workload' });

export type WorkloadField = z.output<typeof workload>;
export type RegionField = z.output<typeof region>;
export type WritesField = z.output<typeof writes>;
export type PhaseField = z.output<typeof phase>;
