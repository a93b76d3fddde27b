/** The sliders: one for each setting, with its figure beside it, which can be typed as well. */
import { element } from '../../outcome/report/page/dom.js';
import {
  bounded,
  SETTINGS,
  type Setting,
  type SettingGroup,
  type SettingKey,
  type Settings,
  stepAt,
} from '../settings.js';

export interface Controls {
  readonly root: HTMLElement;
  /** Shows other settings, without telling anybody. */
  readonly show: (settings: Settings, idle: ReadonlySet<SettingKey>) => void;
}

/** @param settled false while a slider is being moved */
type OnChange = (key: SettingKey, value: number, settled: boolean) => void;

const GROUPS: Readonly<Record<SettingGroup, string>> = {
  guest: 'Guest',
  workload: 'Workload',
  network: 'Network',
  kubevirt: 'KubeVirt',
  run: 'This run',
};

interface Control {
  readonly root: HTMLElement;
  readonly show: (value: number) => void;
}

export function createControls(onChange: OnChange): Controls {
  const controls = new Map<SettingKey, Control>();
  const groups = Object.entries(GROUPS).map(([group, title]) => {
    const settings = SETTINGS.filter((setting) => setting.group === group);
    const rows = settings.map((setting) => {
      const change = (value: number, settled: boolean) => onChange(setting.key, value, settled);
      const control =
        setting.kind === 'flag' ? flagControl(setting, change) : rangeControl(setting, change);
      controls.set(setting.key, control);
      return control.root;
    });
    return element('fieldset', {}, element('legend', {}, title), ...rows);
  });
  return {
    root: element('div', { class: 'controls' }, ...groups),
    show: (settings, idle) => {
      for (const [key, control] of controls) {
        control.root.hidden = idle.has(key);
        control.show(settings[key]);
      }
    },
  };
}

function flagControl(setting: Setting, change: (value: number, settled: boolean) => void): Control {
  const id = `setting-${setting.key}`;
  const box = element('input', { type: 'checkbox', id });
  box.addEventListener('change', () => change(Number(box.checked), true));
  const label = element('label', { for: id }, setting.label);
  return {
    root: element('div', { class: 'control flag' }, box, label, hintOf(setting)),
    show: (value) => {
      box.checked = value === 1;
    },
  };
}

function rangeControl(
  setting: Setting,
  change: (value: number, settled: boolean) => void,
): Control {
  const id = `setting-${setting.key}`;
  const range = element('input', {
    type: 'range',
    id,
    min: '0',
    max: String(setting.steps.length - 1),
    step: '1',
  });
  const figure = element('input', {
    type: 'text',
    inputmode: 'decimal',
    class: 'figure',
    'aria-label': `${setting.label}, ${setting.unit}`,
  });
  const show = (value: number): void => {
    range.value = String(stepAt(setting, value));
    range.setAttribute('aria-valuetext', `${shown(setting, value)} ${setting.unit}`);
    if (document.activeElement !== figure) figure.value = shown(setting, value);
  };
  const move = (settled: boolean): void => {
    const value = setting.steps[Number(range.value)] ?? 0;
    show(value);
    change(value, settled);
  };
  range.addEventListener('input', () => move(false));
  range.addEventListener('change', () => move(true));
  figure.addEventListener('change', () => {
    const value = Number(figure.value.replace(',', '.')) * setting.inUnit;
    const valid = figure.value.trim() !== '' && Number.isFinite(value);
    figure.setAttribute('aria-invalid', String(!valid));
    if (!valid) return;
    const within = whole(setting, bounded(setting, value));
    figure.value = shown(setting, within);
    show(within);
    change(within, true);
  });
  return {
    root: element(
      'div',
      { class: 'control' },
      element('label', { for: id }, setting.label, hintOf(setting)),
      element('span', { class: 'value' }, figure, element('span', { class: 'unit' }, setting.unit)),
      range,
    ),
    show,
  };
}

/** Settings whose steps are whole numbers have no others. */
function whole(setting: Setting, value: number): number {
  return setting.steps.every(Number.isInteger) ? Math.round(value) : value;
}

function shown(setting: Setting, value: number): string {
  const inUnit = value / setting.inUnit;
  return inUnit !== 0 && Math.abs(inUnit) < 1e-3
    ? inUnit.toExponential()
    : String(Number(inUnit.toPrecision(4)));
}

function hintOf({ hint }: Setting): HTMLElement {
  return element('small', {}, hint);
}
