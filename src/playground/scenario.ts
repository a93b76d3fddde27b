/** A scenario: what it starts from, and the settings; and the link that holds both. */
import type { Fleet } from '../fleet/model.js';
import type { PresetName } from '../fleet/presets.js';
import { bounded, SETTINGS, type SettingKey, type Settings } from './settings.js';

/** A fleet of one guest that a person can start from. */
export interface Base {
  readonly id: string;
  readonly title: string;
  /** What it is, and where it is from. */
  readonly note: string;
  readonly kind: 'workload' | 'published';
  readonly fleet: Fleet;
  /** The workload preset, which is made anew for each size; null: the fleet's own regions. */
  readonly preset: PresetName | null;
  /** Two regions, hot and cold, with settings of their own. */
  readonly custom: boolean;
}

export interface Scenario {
  readonly base: Base;
  readonly settings: Settings;
}

/** What follows `#`: the base, and the settings that are not the base's own. */
export function linkOf({ base, settings }: Scenario, own: Settings): string {
  const changed = SETTINGS.filter(({ key }) => settings[key] !== own[key]).map(
    ({ key }) => `${key}=${settings[key]}`,
  );
  return [`base=${base.id}`, ...changed].join('&');
}

export interface LinkReading {
  readonly baseId: string | null;
  readonly changed: Readonly<Partial<Record<SettingKey, number>>>;
  /** What was not understood, or out of bounds, in words. */
  readonly problems: readonly string[];
}

/** Reads a link that a person may have changed by hand: what is wrong is told and left out. */
export function readLink(text: string): LinkReading {
  const changed: Partial<Record<SettingKey, number>> = {};
  const problems: string[] = [];
  let baseId: string | null = null;
  for (const part of text.replace(/^#/, '').split('&')) {
    if (part === '') continue;
    const [key = '', value = ''] = part.split('=', 2).map(decoded);
    const setting = SETTINGS.find((one) => one.key === key);
    const number = value.trim() === '' ? Number.NaN : Number(value);
    if (key === 'base') baseId = value;
    else if (setting === undefined) problems.push(`there is no setting "${key}"`);
    else if (!Number.isFinite(number)) problems.push(`${key}: "${value}" is not a number`);
    else {
      const within = bounded(setting, number);
      changed[setting.key] = within;
      if (within !== number) problems.push(`${key}: ${value} is beyond ${within}`);
    }
  }
  return { baseId, changed, problems };
}

/** Browsers escape what a person typed; what is escaped wrongly stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
