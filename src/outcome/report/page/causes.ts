/** Why migrations were slow and why they failed, added up over all attempts. */
import { countText, durationText } from '../../quantity-text.js';
import { button, element, shareBar } from './dom.js';
import type { PageMigration, PageRun } from './page-run.js';
import type { Selection } from './selection.js';
import { type WaitSum, waitSums } from './waits.js';

/** What a cause means, as an operator would say it (docs/outputs.md). */
const MEANINGS: Readonly<Record<string, string>> = {
  queue: 'waited for a slot: KubeVirt’s limits per cluster and per node',
  'link-share': 'shared its links with other migrations or other traffic',
  'bandwidth-cap': 'held at bandwidthPerMigration',
  'dirty-rate': 'the guest wrote its memory nearly as fast as it was sent',
  storage: 'disks had to be copied first',
  throttled: 'the guest was slowed down by auto-converge, and still wrote much',
  target: 'waited for the target pod: scheduling, start, preparation',
  'back-off': 'waited after failed attempts',
  stuck: 'no progress for progressTimeout',
  stalled: 'the stall detector saw no way to a switchover',
  'completion-timeout': 'took longer than completionTimeoutPerGiB allows',
  network: 'the connection was lost',
  volume: 'a disk could not be copied',
  'not-migratable': 'KubeVirt refuses to migrate it',
  unschedulable: 'no node had room for its target pod',
  'guest-lost': 'the guest was lost with its migration in post-copy',
  cancelled: 'the migration was deleted',
};

export function causePart(runs: readonly PageRun[], selection: Selection): HTMLElement {
  const slow = element('div', {});
  const waited = element('div', {});
  const failed = element('div', {});
  const show = (): void => {
    slow.replaceChildren(...runs.map((run) => causeList(run, 'slowCause', selection)));
    waited.replaceChildren(...runs.map((run) => waitList(run, selection)));
    failed.replaceChildren(...runs.map((run) => causeList(run, 'failCause', selection)));
  };
  selection.onChange(show);
  show();
  return element(
    'div',
    { class: 'columns' },
    element(
      'div',
      {},
      element('h3', {}, 'Why slow'),
      slow,
      element('h3', {}, 'Why failed'),
      failed,
    ),
    element('div', {}, element('h3', {}, 'What they waited for'), waited),
  );
}

function causeList(
  run: PageRun,
  kind: 'slowCause' | 'failCause',
  selection: Selection,
): HTMLElement {
  const totals = new Map<string, CauseTotal>();
  let all = 0;
  for (const guest of selection.shown(run)) {
    for (const migration of guest.migrations) {
      all += 1;
      addUp(totals, migration, kind);
    }
  }
  const title = titleOf(run);
  if (totals.size === 0) {
    const nothing = kind === 'slowCause' ? 'Nothing held any of them up.' : 'None failed.';
    return element('div', {}, title, element('p', { class: 'empty' }, nothing));
  }
  const rows = [...totals]
    .sort(([, a], [, b]) => b.count - a.count)
    .map(([cause, total]) => causeRow(cause, total, all, kind, selection));
  return element('div', {}, title, element('ul', { class: 'causes' }, ...rows));
}

function titleOf(run: PageRun): HTMLElement | null {
  return run.letter === '' ? null : element('h4', {}, `Run ${run.letter}`);
}

/** All waiting by what it was for: one migration's waits may have several causes. */
function waitList(run: PageRun, selection: Selection): HTMLElement {
  const migrations = selection.shown(run).flatMap((guest) => guest.migrations);
  const sums = waitSums(run, migrations);
  if (sums.length === 0) {
    return element('div', {}, titleOf(run), element('p', { class: 'empty' }, 'For nothing.'));
  }
  return element(
    'div',
    {},
    titleOf(run),
    element('ul', { class: 'causes waits' }, ...sums.map(waitRow)),
  );
}

function waitRow({ cause, seconds, share, parts }: WaitSum): HTMLElement {
  const ofThat = parts.map((part) => `${part.what} ${durationText(part.seconds * 1e6)}`);
  const meaning = MEANINGS[cause] ?? '';
  return element(
    'li',
    {},
    element('span', {}, cause),
    element('span', { class: 'took' }, `${durationText(seconds * 1e6)}, ${percentText(share)}`),
    shareBar(share, 'slow'),
    element(
      'span',
      { class: 'meaning' },
      ofThat.length === 0 ? meaning : `${meaning}; of that ${ofThat.join(', ')}`,
    ),
  );
}

function percentText(share: number): string {
  return share > 0 && share < 0.005 ? '<1 %' : `${Math.round(100 * share)} %`;
}

/** Migrations of one cause. */
interface CauseTotal {
  count: number;
  seconds: number;
  /** Sum of what the cause is of each one's waiting. */
  shares: number;
}

function addUp(
  totals: Map<string, CauseTotal>,
  migration: PageMigration,
  kind: 'slowCause' | 'failCause',
): void {
  const cause = migration[kind];
  if (cause === '') return;
  const total = totals.get(cause) ?? { count: 0, seconds: 0, shares: 0 };
  total.count += 1;
  total.seconds += migration.endedS - migration.createdS;
  total.shares += migration.slowShare ?? 0;
  totals.set(cause, total);
}

function causeRow(
  cause: string,
  total: Readonly<CauseTotal>,
  all: number,
  kind: 'slowCause' | 'failCause',
  selection: Selection,
): HTMLElement {
  const isChosen = selection.filter().cause === cause;
  const choose = button({ class: 'link', 'aria-pressed': String(isChosen) }, cause, () =>
    selection.change({ cause: isChosen ? '' : cause }),
  );
  const took = `${countText(total.count, 'migration')}, ${durationText(total.seconds * 1e6)} in all`;
  const ofWaiting =
    kind === 'slowCause'
      ? `; on average ${percentText(total.shares / total.count)} of what each waited`
      : '';
  return element(
    'li',
    {},
    choose,
    element('span', { class: 'took' }, took),
    shareBar(total.count / Math.max(1, all), kind === 'slowCause' ? 'slow' : 'failed'),
    element('span', { class: 'meaning' }, `${MEANINGS[cause] ?? ''}${ofWaiting}`),
  );
}
