/** Counters of migrations under way, whatever wrote them. */
import { InputError } from '../fleet/input-error.js';
import { parseDocument } from '../fleet/load/document.js';
import type { CounterSeries } from './counters.js';
import { isDomjobinfo, readDomjobinfo } from './read-domjobinfo.js';
import { isKubevirtLog, readKubevirtLog } from './read-kubevirt-log.js';
import { readMigrationMetrics } from './read-metrics.js';

/**
 * @param guest whose they are, where the source does not say
 * @throws InputError with one line for everything that can be wrong with the file
 */
export function readCounters(file: string, text: string, guest: string): readonly CounterSeries[] {
  // Logs in JSON lines begin like a JSON document: what they hold decides.
  if (isKubevirtLog(text)) return readKubevirtLog(file, text);
  if (/^\s*[{[]/.test(text.slice(0, 1000))) return readMigrationMetrics(parseDocument(file, text));
  if (isDomjobinfo(text)) return readDomjobinfo(file, text, guest);
  const kinds = 'virt-launcher\'s "Migration info for …", virsh domjobinfo, a Prometheus answer';
  throw new InputError(file, '', `no counters of a migration found (known: ${kinds})`);
}
