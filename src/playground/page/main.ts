/** The playground's page: settings in, a trace out, from the worker's simulation. */
import './style.css';
import { fleetToFile } from '../../fleet/file/export.js';
import { element } from '../../outcome/report/page/dom.js';
import { roundColumns } from '../../outcome/tables.js';
import type { GuestTrace } from '../../outcome/trace-text.js';
import { csvText } from '../csv-text.js';
import { monitorLimits } from '../monitor-limits.js';
import { type Base, linkOf, readLink, type Scenario } from '../scenario.js';
import { fleetOf, guestOf, idleSettings, previewOf, settingsOf } from '../scenario-fleet.js';
import type { SettingKey } from '../settings.js';
import { answerOf } from '../trace-answer.js';
import { seriesOf } from '../trace-series.js';
import { basePicker } from './base-picker.js';
import { byId } from './by-id.js';
import { createControls } from './controls.js';
import { embeddedBases, embeddedBytes, embeddedText } from './embedded.js';
import { offerText } from './offer-text.js';
import { createTraceCharts } from './trace-charts.js';
import { createTraceClient } from './trace-client.js';
import { decisionList, roundsTable } from './trace-lists.js';

const FIRST_BASE = 'oltp';
/** A slider that is moved on by key or wheel settles at every step. */
const REST_MS = 150;

const bases = embeddedBases();
let wholeTimer: ReturnType<typeof setTimeout> | null = null;
let scenario = scenarioOfLink(location.hash);

const charts = createTraceCharts(byId('charts'));
const controls = createControls(changeSetting);
const picker = basePicker(bases, (base) => take({ base, settings: settingsOf(base) }));
byId('settings').append(picker.root, controls.root);

const client = createTraceClient(embeddedText('worker-source'), embeddedBytes('kernels'), {
  onBusy: (busy) => {
    document.body.dataset.busy = String(busy);
  },
  onAnswer: ({ fidelity }, answer) => {
    const whole = fidelity === 'page';
    if (answer.kind === 'error') showProblem(answer.problem);
    else showTrace(answer.trace, whole);
    // Only what is whole and of the present settings may be taken for the result.
    document.body.dataset.shown = whole && !asksForMore() ? 'whole' : 'preview';
  },
});

offerText('copy-link', () => location.href);
offerText('copy-fleet', () => byId<HTMLTextAreaElement>('fleet-file').value);
offerText('copy-rounds', () => byId<HTMLTextAreaElement>('rounds-csv').value);
byId('reset').addEventListener('click', () =>
  take({ base: scenario.base, settings: settingsOf(scenario.base) }),
);
addEventListener('hashchange', () => take(scenarioOfLink(location.hash)));
take(scenario);

function changeSetting(key: SettingKey, value: number, settled: boolean): void {
  scenario = { ...scenario, settings: { ...scenario.settings, [key]: value } };
  ask(settled);
}

/** Another scenario as a whole: from a link, a preset, the reset. */
function take(taken: Scenario): void {
  scenario = taken;
  picker.show(scenario.base);
  controls.show(scenario.settings, idleSettings(scenario.base));
  ask(true);
}

function asksForMore(): boolean {
  return wholeTimer !== null;
}

/** At once a preview in chunk fidelity; when the slider rests, the whole, page by page. */
function ask(settled: boolean): void {
  document.body.dataset.shown = 'preview';
  const { seed } = scenario.settings;
  client.ask({ fleet: previewOf(scenario), seed, fidelity: 'chunk' });
  if (wholeTimer !== null) clearTimeout(wholeTimer);
  wholeTimer = null;
  if (!settled) return;
  history.replaceState(null, '', `#${linkOf(scenario, settingsOf(scenario.base))}`);
  wholeTimer = setTimeout(() => {
    wholeTimer = null;
    client.ask({ fleet: fleetOf(scenario), seed, fidelity: 'page' });
    showFleet();
  }, REST_MS);
}

function showTrace(trace: GuestTrace, whole: boolean): void {
  const answer = answerOf(trace);
  const headline = byId('headline');
  headline.textContent = whole ? answer.headline : `${answer.headline} (preview)`;
  headline.dataset.kind = answer.kind;
  byId('reason').textContent = answer.reason;
  byId('figures').replaceChildren(
    ...answer.figures.map(({ label, value }) =>
      element('div', {}, element('dt', {}, label), element('dd', {}, value)),
    ),
  );
  charts.show(seriesOf(trace));
  if (!whole) return;
  byId('rounds').replaceChildren(roundsTable(trace));
  byId('decisions').replaceChildren(decisionList(trace));
  byId<HTMLTextAreaElement>('rounds-csv').value = csvText(roundColumns, trace.rounds);
}

function showFleet(): void {
  const fleet = fleetOf(scenario);
  byId('limits').replaceChildren(...monitorLimits(fleet).map((line) => element('li', {}, line)));
  const { namespace, name } = guestOf(fleet);
  byId<HTMLTextAreaElement>('fleet-file').value = fleetToFile(fleet);
  byId('command').textContent =
    `sluice trace playground.yaml --guest ${namespace}/${name} --seed ${scenario.settings.seed}`;
}

function showProblem(problem: string): void {
  const headline = byId('headline');
  headline.textContent = `This is a bug in sluice: ${problem}`;
  headline.dataset.kind = 'bad';
}

/** What a link says; what it does not say, or says wrongly, is the base's. */
function scenarioOfLink(hash: string): Scenario {
  const { baseId, changed, problems } = readLink(hash);
  const known = bases.find(({ id }) => id === baseId);
  const base: Base = known ?? (bases.find(({ id }) => id === FIRST_BASE) as Base);
  const unknown = baseId !== null && known === undefined ? [`there is no preset "${baseId}"`] : [];
  const told = [...unknown, ...problems].join('; ');
  byId('link-problems').textContent = told === '' ? '' : `Of the link was left out: ${told}.`;
  return { base, settings: { ...settingsOf(base), ...changed } };
}
