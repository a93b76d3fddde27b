/** Draws that wait to be handed to the kernels together: each is pages of one unit. */
import type { Kernels } from './kernels.js';
import { seedHigh, seedLow } from './keys.js';
import type { RoundTask } from './round-task.js';

export interface JobBatch {
  readonly kernels: Kernels;
  readonly task: RoundTask;
  jobs: number;
}

export function createBatch(kernels: Kernels, task: RoundTask): JobBatch {
  return { kernels, task, jobs: 0 };
}

/** `pages` pages from guest page `first` on, which is the draw's key. */
export function addJob(
  batch: JobBatch,
  unit: number,
  first: number,
  pages: number,
  exponent: number,
): void {
  const { kernels } = batch;
  if (batch.jobs === kernels.jobUnits.length) runJobs(batch);
  const at = batch.jobs;
  kernels.jobExponents[at] = exponent;
  kernels.jobPages[at] = pages;
  kernels.jobIds[at] = first;
  kernels.jobUnits[at] = unit;
  batch.jobs = at + 1;
}

/** Draws the jobs that wait and adds what they hit to their units. */
export function runJobs(batch: JobBatch): void {
  if (batch.jobs === 0) return;
  const { kernels, task } = batch;
  const byPage = task.fidelity === 'page' ? 1 : 0;
  kernels.exports.drawParts(
    batch.jobs,
    byPage,
    seedLow(task.seed),
    seedHigh(task.seed),
    task.guestKey,
    task.syncNumber,
  );
  takeCounts(batch);
}

/** The same of jobs that share one exponent, from masks of all their pages; `id` is their key. */
export function runTogether(batch: JobBatch, exponent: number, id: number): void {
  if (batch.jobs === 0) return;
  const { kernels, task } = batch;
  kernels.exports.drawTogether(
    batch.jobs,
    exponent,
    seedLow(task.seed),
    seedHigh(task.seed),
    task.guestKey,
    task.syncNumber,
    id,
  );
  takeCounts(batch);
}

function takeCounts(batch: JobBatch): void {
  const { jobUnits, jobCounts, scratch } = batch.kernels;
  const { after } = scratch;
  for (let job = 0; job < batch.jobs; job += 1) {
    const unit = jobUnits[job] as number;
    after[unit] = (after[unit] as number) + (jobCounts[job] as number);
  }
  batch.jobs = 0;
}
