/** Ctrl-C: the first asks the work to stop and clean up, the second ends the process at once. */
import { EXIT_CODES, exitWith } from './exit.js';

/**
 * Runs work that watches the signal; on Ctrl-C (or SIGTERM) says so and chooses exit code 130.
 * @param leaves what an interrupted run leaves behind, in words
 */
export async function withInterrupt(
  work: (signal: AbortSignal) => Promise<void>,
  leaves: () => string = () => 'no file was written',
): Promise<void> {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(EXIT_CODES.interrupted);
    controller.abort();
    // Whoever reads standard input waits for as long as nobody closes it.
    if (process.stdin.readableFlowing !== null) process.stdin.destroy();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    await work(controller.signal);
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    process.stderr.write(`sluice: interrupted, ${leaves()}\n`);
    exitWith(EXIT_CODES.interrupted);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** Lets the event loop turn once: a computation that never waits would never hear a signal. */
export function letSignalsIn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
