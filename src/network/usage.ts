/**
 * Amounts over each link in each time step, for links.csv: bytes of migrations, bytes of other
 * traffic, microseconds in which it was full. Exact sums, not samples. All amounts are integers,
 * and an interval's parts sum to it, so that links, steps and migrations agree to the byte.
 */
import { type ExactCount, exactSum } from '../fleet/exact-count.js';
import { InputError } from '../fleet/input-error.js';
import type { Link } from './topology.js';

/** Steps are kept in pages, made when first written: an idle hour of an idle link costs nothing. */
const STEPS_PER_PAGE = 64;

/** What is a whole number but for the share's rounding is that number. */
const ROUNDING = 1e-3;

export interface Usage {
  readonly links: readonly Link[];
  readonly stepUs: number;
  /** By link: pages of steps by page number. */
  readonly pages: readonly Map<number, Float64Array>[];
}

/** Steps are [0, stepUs), [stepUs, 2 stepUs), …; stepUs is a positive integer. */
export function createUsage(links: readonly Link[], stepUs: number): Usage {
  if (!Number.isSafeInteger(stepUs) || stepUs <= 0) {
    throw new Error(`stepUs(=${stepUs}) should be a positive integer`);
  }
  return {
    links,
    stepUs,
    pages: links.map(() => new Map<number, Float64Array>()),
  };
}

/**
 * Adds integer `bytes` that crossed the link at a constant rate from `fromUs` to `toUs`, split over
 * the steps by cumulative rounding. All at one instant: in the step that ends there or holds it.
 */
export function addUsage(
  usage: Usage,
  link: number,
  fromUs: number,
  toUs: number,
  bytes: number,
): void {
  if (bytes === 0) return;
  if (!Number.isSafeInteger(bytes) || bytes < 0) {
    throw new Error(`bytes(=${bytes}) should be a natural number`);
  }
  if (!(fromUs >= 0 && toUs >= fromUs)) {
    throw new Error(`interval ${fromUs} to ${toUs} should be in order, from 0 on`);
  }
  const lastStep = Math.max(0, Math.ceil(toUs / usage.stepUs) - 1);
  const firstStep = Math.min(lastStep, Math.floor(fromUs / usage.stepUs));
  let given = 0;
  for (let step = firstStep; step < lastStep; step++) {
    const share = ((step + 1) * usage.stepUs - fromUs) / (toUs - fromUs);
    const due = Math.min(bytes, Math.floor(bytes * share + ROUNDING));
    addToStep(usage, link, step, due - given);
    given = due;
  }
  addToStep(usage, link, lastStep, bytes - given);
}

/** Bytes that have crossed the link so far. */
export function usageBytes(usage: Usage, link: number): ExactCount {
  return exactSum(usedSteps([usage], link).amounts[0] ?? []);
}

export interface UsedSteps {
  /** Ascending. */
  readonly steps: readonly number[];
  /** By usage: what it has in each of the steps. */
  readonly amounts: readonly (readonly number[])[];
}

const NO_AMOUNTS = new Float64Array(STEPS_PER_PAGE);

/** Steps in which any of the usages has an amount on the link. */
export function usedSteps(usages: readonly Usage[], link: number): UsedSteps {
  const numbers = new Set<number>();
  for (const { pages } of usages) for (const page of pages[link]?.keys() ?? []) numbers.add(page);
  const steps: number[] = [];
  const amounts: number[][] = usages.map(() => []);
  for (const page of [...numbers].sort((a, b) => a - b)) {
    const inPage = usages.map(({ pages }) => pages[link]?.get(page) ?? NO_AMOUNTS);
    for (let offset = 0; offset < STEPS_PER_PAGE; offset += 1) {
      if (isUnused(inPage, offset)) continue;
      steps.push(page * STEPS_PER_PAGE + offset);
      for (let i = 0; i < inPage.length; i += 1) {
        (amounts[i] as number[]).push((inPage[i] as Float64Array)[offset] as number);
      }
    }
  }
  return { steps, amounts };
}

function isUnused(amounts: readonly Float64Array[], offset: number): boolean {
  for (const steps of amounts) if (steps[offset] !== 0) return false;
  return true;
}

function addToStep(usage: Usage, link: number, step: number, bytes: number): void {
  const pages = usage.pages[link];
  if (pages === undefined) throw new Error(`no link ${link}`);
  const page = Math.floor(step / STEPS_PER_PAGE);
  let steps = pages.get(page);
  if (steps === undefined) {
    steps = new Float64Array(STEPS_PER_PAGE);
    pages.set(page, steps);
  }
  const offset = step - page * STEPS_PER_PAGE;
  const amount = (steps[offset] ?? 0) + bytes;
  if (!Number.isSafeInteger(amount)) {
    const { name } = usage.links[link] ?? { name: '' };
    const problem = `more than 2^53 bytes cross link ${name} in one step; take shorter steps`;
    throw new InputError('links.csv', '', problem);
  }
  steps[offset] = amount;
}
