// Loaded into a measured process before its program (node --import): tells what the process used,
// on file descriptor 3, when it ends. Worker threads load it too; the process speaks once.
import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    writeSync(3, JSON.stringify({ cpuUs: userCPUTime + systemCPUTime, maxRssKiB: maxRSS }));
  });
}
