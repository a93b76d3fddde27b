/** What to start from: workloads and published cases, as one list with the note of what is chosen. */
import { element } from '../../outcome/report/page/dom.js';
import type { Base } from '../scenario.js';

export interface BasePicker {
  readonly root: HTMLElement;
  readonly show: (base: Base) => void;
}

const KINDS: Readonly<Record<Base['kind'], string>> = {
  workload: 'Workloads',
  published: 'Published cases',
};

export function basePicker(bases: readonly Base[], onPick: (base: Base) => void): BasePicker {
  const groups = Object.entries(KINDS).map(([kind, label]) =>
    element(
      'optgroup',
      { label },
      ...bases
        .filter((base) => base.kind === kind)
        .map(({ id, title }) => element('option', { value: id }, title)),
    ),
  );
  const list = element('select', { id: 'base' }, ...groups);
  const note = element('p', { class: 'note' });
  list.addEventListener('change', () => {
    const base = bases.find(({ id }) => id === list.value);
    if (base !== undefined) onPick(base);
  });
  return {
    root: element(
      'div',
      { class: 'picker' },
      element('label', { for: 'base' }, 'Start from'),
      list,
      note,
    ),
    show: (base) => {
      list.value = base.id;
      note.textContent = base.note;
    },
  };
}
