import { describe, expect, it } from 'vitest';
import { DEFAULT_TCP } from '../../src/fleet/defaults.js';
import { connectionLimit } from '../../src/network/connection-limit.js';
import { keepAliveLostUs, resumedUs, timedOutUs } from '../../src/network/outage.js';
import { profileRate } from '../../src/network/rate-profile.js';

const SECOND_US = 1_000_000;
const HOUR_US = 3600 * SECOND_US;

describe('what bounds a connection', () => {
  it('is its window over the round trip', () => {
    const limits = { socketBufferBytes: 4_000_000, roundTripTimeUs: 20_000, loss: 0 };
    expect(connectionLimit(limits)).toBe(200e6);
    expect(connectionLimit({ ...limits, roundTripTimeUs: 0 })).toBe(Number.POSITIVE_INFINITY);
  });

  it('falls with the root of the loss', () => {
    const at = (loss: number) =>
      connectionLimit({ socketBufferBytes: Infinity, roundTripTimeUs: 1000, loss });
    // Mathis: 1448 B / 1 ms × 1.2247 / sqrt(0.01)
    expect(at(0.01)).toBeCloseTo(17_734_000, -4);
    expect(at(0.01) / at(0.04)).toBeCloseTo(2);
    expect(at(1)).toBe(0);
  });
});

describe('a connection whose way is cut', () => {
  it('goes on at its next retransmission: 0.2, 0.6, 1.4, … 25.4, 51 s after the cut', () => {
    const back = (seconds: number) =>
      resumedUs(DEFAULT_TCP, SECOND_US, SECOND_US + seconds * SECOND_US) / SECOND_US - 1;
    expect([0.1, 0.2, 0.3, 1, 25.4, 30].map(back).map((s) => Math.round(s * 10) / 10)).toEqual([
      0.2, 0.2, 0.6, 1.4, 25.4, 51,
    ]);
  });

  it('breaks after 924.6 s by Linux’ defaults, and libvirt gives up after 30 s', () => {
    expect(timedOutUs(DEFAULT_TCP, 0)).toBe(924_600_000);
    expect(keepAliveLostUs(DEFAULT_TCP, 5)).toBe(30_000_005);
    expect(resumedUs(DEFAULT_TCP, 0, 1000 * SECOND_US)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('rate profiles', () => {
  const step = (hours: number, bytesPerSecond: number) => ({
    atUs: hours * HOUR_US,
    bytesPerSecond,
  });

  it('hold by time of day, over midnight', () => {
    const daily = { kind: 'daily' as const, steps: [step(8, 100), step(20, 10)] };
    const at = (hours: number, timeOfDay: number) => {
      const { bytesPerSecond, untilUs } = profileRate(daily, hours * HOUR_US, timeOfDay * HOUR_US);
      return [bytesPerSecond, untilUs / HOUR_US];
    };
    expect(at(0, 0)).toEqual([10, 8]);
    expect(at(8, 0)).toEqual([100, 20]);
    expect(at(0, 22)).toEqual([10, 10]);
    expect(at(50, 22)).toEqual([10, 58]);
  });

  it('hold by simulated time, the first before and the last for ever', () => {
    const series = { kind: 'series' as const, steps: [step(1, 5), step(2, 7)] };
    expect(profileRate(series, 0, 0)).toEqual({ bytesPerSecond: 5, untilUs: HOUR_US });
    expect(profileRate(series, HOUR_US, 0)).toEqual({ bytesPerSecond: 5, untilUs: 2 * HOUR_US });
    expect(profileRate(series, 3 * HOUR_US, 0)).toEqual({ bytesPerSecond: 7, untilUs: Infinity });
    const constant = { kind: 'constant' as const, bytesPerSecond: 3 };
    expect(profileRate(constant, 9, 9)).toEqual({ bytesPerSecond: 3, untilUs: Infinity });
  });
});
