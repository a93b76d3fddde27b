/**
 * Ends the process when a case hangs: code that never returns lets no timer of its own thread ring,
 * so another thread watches it.
 */
import { Worker } from 'node:worker_threads';

export interface Watchdog {
  /** Another piece of work begins; `command` repeats it. */
  begin(command: string): void;
  stop(): Promise<void>;
}

const SOURCE = `
  const { parentPort, workerData } = require('node:worker_threads');
  let timer;
  parentPort.on('message', (command) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      require('node:fs').writeSync(2, 'soak: hangs\\n  ' + command + '\\n');
      process.kill(process.pid, 'SIGKILL');
    }, workerData.seconds * 1000);
  });
`;

/** `seconds`: no piece of work takes as long. */
export function startWatchdog(seconds: number): Watchdog {
  const worker = new Worker(SOURCE, { eval: true, workerData: { seconds } });
  return {
    begin: (command) => worker.postMessage(command),
    stop: async () => {
      await worker.terminate();
    },
  };
}
