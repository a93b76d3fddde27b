/** Figures as a person reads them at a terminal: three significant digits and a unit. */

/** `3 d 4 h`, `4 h 12 min`, `12 min 7 s`, `7.25 s`, `312 ms`, `40 µs`. */
export function durationText(us: number): string {
  if (us < 1000) return `${Math.round(us)} µs`;
  if (us < 999_500) return `${significant(us / 1000)} ms`;
  const seconds = us / 1e6;
  if (seconds < 59.95) return `${significant(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return pair(Math.floor(whole / 60), 'min', whole % 60, 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(seconds / 3600);
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Memory and traffic in binary units: `11.8 TiB`. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < BINARY_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : significant(value)} ${BINARY_UNITS[unit]}`;
}

/** Rates of links in decimal bits, as networks are sold: `23.4 Gbit/s`. */
export function bitRateText(bytesPerSecond: number): string {
  const bits = bytesPerSecond * 8;
  if (bits >= 999.5e6) return `${significant(bits / 1e9)} Gbit/s`;
  return bits >= 999.5e3
    ? `${significant(bits / 1e6)} Mbit/s`
    : `${significant(bits / 1e3)} kbit/s`;
}

export function percentText(share: number): string {
  return `${share > 0 && share < 0.01 ? '<1' : Math.round(share * 100)} %`;
}

/** `1 guest`, `12 guests`. */
export function countText(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

function pair(major: number, majorUnit: string, minor: number, minorUnit: string): string {
  return minor === 0 ? `${major} ${majorUnit}` : `${major} ${majorUnit} ${minor} ${minorUnit}`;
}

function significant(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}
