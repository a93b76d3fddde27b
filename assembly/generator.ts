/*
 * Random numbers as a pure function of what they are drawn for: splitmix64's finaliser makes keys
 * from (seed, guest, sync, domain, id), and keys seed xorshift128+ streams (23, 17, 26). The
 * scalar stream's state is global for the length of one draw and is always seeded before use.
 */

const GOLDEN: u64 = 0x9e3779b97f4a7c15;

/** What draws are for: kinds of draws of one sync never share numbers. */
export const DOMAIN_PARTS: u32 = 0;
export const DOMAIN_STOP: u32 = 1;
export const DOMAIN_PLACE: u32 = 2;
export const DOMAIN_RUNS: u32 = 3;
export const DOMAIN_TOGETHER: u32 = 4;

let state0: u64 = 1;
let state1: u64 = 2;

// @ts-ignore: decorator of AssemblyScript
@inline
export function mix64(value: u64): u64 {
  let z = value;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

export function baseKey(seedLow: u32, seedHigh: u32, guest: u32, sync: u32, domain: u32): u64 {
  let key = mix64((((<u64>seedHigh) << 32) | (<u64>seedLow)) + GOLDEN);
  key = mix64(key + (<u64>guest + 1) * GOLDEN);
  return mix64(key + ((((<u64>sync) << 8) | (<u64>domain)) + 1) * GOLDEN);
}

// @ts-ignore: decorator of AssemblyScript
@inline
export function jobKey(base: u64, id: u32): u64 {
  return mix64(base + (<u64>id + 1) * GOLDEN);
}

/** Uniform in [0, 1), the key's upper 53 bits. */
// @ts-ignore: decorator of AssemblyScript
@inline
export function unit(key: u64): f64 {
  // as a signed number, which converts in one instruction
  return <f64>(<i64>(key >> 11)) * 1.1102230246251565e-16;
}

/** The i-th of the words that a key gives for seeding. */
// @ts-ignore: decorator of AssemblyScript
@inline
export function seedWord(key: u64, i: u64): u64 {
  return mix64(key + i * GOLDEN);
}

export function seedStream(key: u64): void {
  state0 = seedWord(key, 1);
  state1 = seedWord(key, 2) | 1;
}

/** The stream's state after (a, b) is (b, this); its word is the sum of the two. */
// @ts-ignore: decorator of AssemblyScript
@inline
export function nextState(a: u64, b: u64): u64 {
  const x = a ^ (a << 23);
  return x ^ b ^ (x >> 17) ^ (b >> 26);
}

// @ts-ignore: decorator of AssemblyScript
@inline
export function nextWord(): u64 {
  const b = state1;
  const c = nextState(state0, b);
  state0 = b;
  state1 = c;
  return c + b;
}

/** The stream's state, for loops that keep it in locals: they take it, step it, and put it back. */
// @ts-ignore: decorator of AssemblyScript
@inline
export function streamState0(): u64 {
  return state0;
}
// @ts-ignore: decorator of AssemblyScript
@inline
export function streamState1(): u64 {
  return state1;
}
// @ts-ignore: decorator of AssemblyScript
@inline
export function setStreamState(next0: u64, next1: u64): void {
  state0 = next0;
  state1 = next1;
}

/** Uniform in [0, 1) from the scalar stream. */
// @ts-ignore: decorator of AssemblyScript
@inline
export function nextUnit(): f64 {
  return unit(nextWord());
}
