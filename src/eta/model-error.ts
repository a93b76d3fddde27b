/** What the model itself may be off by, so that intervals are not surer than it is. */
import { seededUnit } from '../fleet/seeded.js';

export interface ModelError {
  readonly factor: number;
  readonly addedUs: number;
}

/** Worst scenarios of docs/validation.md. */
const SPREAD = 0.05;
/** Steps of the control plane and stamps. */
const ADDED_US = 500_000;

/** A draw for one simulation of many. */
export function modelError(seed: number, index: number): ModelError {
  return {
    factor: Math.exp(SPREAD * normal(seed, 'model', index)),
    addedUs: ADDED_US * normal(seed, 'added', index),
  };
}

/** A time to go as it may come true; never below none. */
export function withError({ factor, addedUs }: ModelError, toGoUs: number): number {
  return Math.max(0, toGoUs * factor + addedUs);
}

/** Standard normal by twelve uniforms: a pure function of its keys. */
export function normal(seed: number, what: string, index: number): number {
  let sum = -6;
  for (let i = 0; i < 12; i += 1) sum += seededUnit(seed, 'eta', what, index, i);
  return sum;
}
