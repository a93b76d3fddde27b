/* ln k!, by table below 10 and by Stirling's series above (error below 1e-12 relative to 1). */

const LOG_FACTORIALS: StaticArray<f64> = [
  0.0, 0.0, 0.6931471805599453, 1.791759469228055, 3.1780538303479458, 4.787491742782046,
  6.579251212010101, 8.525161361065415, 10.60460290274525, 12.801827480081469,
];
const HALF_LOG_TWO_PI: f64 = 0.9189385332046728;

export function logFactorial(k: f64): f64 {
  if (k < 10) return unchecked(LOG_FACTORIALS[<i32>k]);
  const x = k + 1;
  const r = 1 / x;
  const s = r * r;
  const tail = r * (1.0 / 12 - s * (1.0 / 360 - s * (1.0 / 1260 - s * (1.0 / 1680))));
  return (x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI + tail;
}
