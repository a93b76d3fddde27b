/** What `sluice init` asks, with the answer that Enter takes and what makes an answer wrong. */

import { didYouMean } from '../fleet/closest.js';
import type { FirstFleetAnswers } from '../fleet/file/first-fleet.js';
import { NOT_CONVERGING } from '../fleet/file/first-fleet.js';
import { PRESET_NAMES } from '../fleet/presets.js';
import { parseRate, parseSize, type Reading } from '../fleet/units.js';

export interface Question {
  readonly option: string;
  readonly text: string;
  readonly usual: string;
  /** What is wrong with the answer, or null. */
  readonly problem: (answer: string) => string | null;
}

export const QUESTIONS: readonly Question[] = [
  { option: 'nodes', text: 'How many nodes?', usual: '3', problem: wholeFrom(2, 5000) },
  { option: 'node-cpus', text: 'CPUs of each node?', usual: '32', problem: wholeFrom(1, 4096) },
  { option: 'node-memory', text: 'Memory of each node?', usual: '256Gi', problem: by(parseSize) },
  {
    option: 'nic',
    text: 'Speed of their migration network?',
    usual: '25Gbit/s',
    problem: by(parseRate),
  },
  {
    option: 'guests',
    text: 'How many guests in all?',
    usual: '12',
    problem: wholeFrom(1, 100_000),
  },
  { option: 'guest-memory', text: 'Memory of each guest?', usual: '16Gi', problem: by(parseSize) },
  { option: 'guest-vcpus', text: 'vCPUs of each guest?', usual: '4', problem: wholeFrom(1, 1024) },
  {
    option: 'workload',
    text: `What do they do (${PRESET_NAMES.join(', ')})?`,
    usual: 'oltp',
    problem: oneOf(PRESET_NAMES),
  },
  {
    option: 'not-converging',
    text: `What if one does not converge (${NOT_CONVERGING.join(', ')})?`,
    usual: 'abort',
    problem: oneOf(NOT_CONVERGING),
  },
];

/** @param answers by option, each without a problem */
export function answersFrom(
  name: string,
  answers: Readonly<Record<string, string>>,
): FirstFleetAnswers {
  const text = (option: string): string => answers[option] ?? '';
  const chosen = <T extends string>(all: readonly T[], option: string): T =>
    all.find((one) => one === text(option)) ?? (all[0] as T);
  return {
    name,
    nodes: Number(text('nodes')),
    nodeCpus: Number(text('node-cpus')),
    nodeMemory: text('node-memory'),
    nic: text('nic'),
    guests: Number(text('guests')),
    guestMemory: text('guest-memory'),
    guestVcpus: Number(text('guest-vcpus')),
    workload: chosen(PRESET_NAMES, 'workload'),
    notConverging: chosen(NOT_CONVERGING, 'not-converging'),
  };
}

function wholeFrom(least: number, most: number) {
  return (answer: string): string | null =>
    /^\d+$/.test(answer) && Number(answer) >= least && Number(answer) <= most
      ? null
      : `"${answer}" is not a whole number from ${least} to ${most}`;
}

function by(parse: (text: string) => Reading) {
  return (answer: string): string | null => {
    const read = parse(answer);
    if (!read.ok) return read.problem;
    return read.value > 0 ? null : `"${answer}" is nothing`;
  };
}

function oneOf(all: readonly string[]) {
  return (answer: string): string | null =>
    all.includes(answer)
      ? null
      : `"${answer}" is not one of ${all.join(', ')}${didYouMean(answer, all)}`;
}
