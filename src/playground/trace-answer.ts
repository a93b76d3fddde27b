/** The trace of a scenario in one sentence, six figures, and the reason. */
import { bitRateText, bytesText, durationText } from '../outcome/quantity-text.js';
import type { GuestTrace } from '../outcome/trace-text.js';
import type { MigrationRecord, RoundRecord } from '../simulation/result.js';

export interface TraceAnswer {
  readonly kind: 'good' | 'costly' | 'bad';
  readonly headline: string;
  /** Why, in figures; '' where nothing was sent. */
  readonly reason: string;
  readonly figures: readonly { readonly label: string; readonly value: string }[];
}

export function answerOf(trace: GuestTrace): TraceAnswer {
  // What becomes of it in the end: the attempt that moved it, else the first one.
  const told =
    trace.migrations.find(({ outcome }) => outcome === 'succeeded') ?? trace.migrations[0];
  if (told === undefined) {
    const reason = trace.guest?.reason ?? '';
    return { kind: 'bad', headline: 'The guest is not migrated', reason, figures: [] };
  }
  const rounds = trace.rounds.filter(({ attempt }) => attempt === told.attempt);
  return {
    ...verdictOf(trace, told),
    reason: reasonOf(rounds),
    figures: figuresOf(trace, told),
  };
}

type Verdict = Pick<TraceAnswer, 'kind' | 'headline'>;

function verdictOf(trace: GuestTrace, told: MigrationRecord): Verdict {
  const total = durationText(elapsedUs(trace, told));
  const paused = durationText(told.guestPauseUs);
  const attempt = told.attempt === 1 ? '' : `, at attempt ${told.attempt}`;
  switch (told.outcome) {
    case 'succeeded':
      return successOf(told, total, paused, attempt);
    case 'aborted':
      return {
        kind: 'bad',
        headline: `Does not converge: aborted after ${total} (${told.failCause})`,
      };
    case 'unfinished':
      return {
        kind: 'bad',
        headline: `Has not converged after ${total}, as long as it was watched`,
      };
    case 'lost':
      return { kind: 'bad', headline: `The guest is lost: ${told.failReason}` };
    case 'failed':
      return { kind: 'bad', headline: `Fails: ${told.failReason}` };
    default:
      return told.outcome satisfies never;
  }
}

function successOf(told: MigrationRecord, total: string, paused: string, attempt: string): Verdict {
  switch (told.mode) {
    case 'PostCopy':
      return {
        kind: 'costly',
        headline: `Ends in post-copy after ${total}${attempt}; paused for ${paused}, then slow until its memory is there`,
      };
    case 'Paused':
      return {
        kind: 'costly',
        headline: `Ends after ${total}${attempt}, because KubeVirt paused it for ${paused}`,
      };
    case 'PreCopy':
      return told.throttleMaxPercent > 0
        ? {
            kind: 'costly',
            headline: `Converges in ${total}${attempt}, throttled by up to ${told.throttleMaxPercent} %; paused for ${paused}`,
          }
        : { kind: 'good', headline: `Converges in ${total}${attempt}; paused for ${paused}` };
    default:
      return told.mode satisfies never;
  }
}

/** QEMU's question, with the figures of the last round that was followed by another or a switchover. */
function reasonOf(rounds: readonly RoundRecord[]): string {
  const last = rounds.findLast(({ thresholdBytes }) => thresholdBytes > 0);
  if (last === undefined) return '';
  const rate = bitRateText(last.bandwidthBytesPerSecond);
  const allowed = `a pause of ${last.downtimeLimitMs} ms at ${rate} holds ${bytesText(last.thresholdBytes)}`;
  const left = `after the last round it was ${bytesText(last.remainingEndBytes + last.dirtiedBytes)}`;
  return `QEMU switches over when what is left fits the pause: ${allowed}; ${left}.`;
}

function figuresOf(trace: GuestTrace, told: MigrationRecord): TraceAnswer['figures'] {
  const downtime = told.downtimeUs === null ? '–' : durationText(told.downtimeUs);
  return [
    { label: 'total time', value: durationText(elapsedUs(trace, told)) },
    { label: 'downtime', value: downtime },
    { label: 'paused in all', value: durationText(told.guestPauseUs) },
    { label: 'rounds', value: told.rounds.toLocaleString('en') },
    { label: 'on the wire', value: bytesText(told.wireBytes) },
    { label: 'attempts', value: String(trace.migrations.length) },
  ];
}

function elapsedUs(trace: GuestTrace, told: MigrationRecord): number {
  const fromUs = told.startedUs ?? told.createdUs;
  return (told.endedUs ?? trace.rounds.at(-1)?.endedUs ?? fromUs) - fromUs;
}
