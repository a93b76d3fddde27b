/** A button that copies a text, and says so. */
import { element } from '../../outcome/report/page/dom.js';
import { byId } from './by-id.js';

const SAID_MS = 1500;

export function offerText(buttonId: string, text: () => string): void {
  const button = byId<HTMLButtonElement>(buttonId);
  const label = button.textContent ?? '';
  button.addEventListener('click', () => {
    copy(text()).then(
      () => say('Copied'),
      () => say('Could not copy'),
    );
  });
  function say(words: string): void {
    button.textContent = words;
    setTimeout(() => {
      button.textContent = label;
    }, SAID_MS);
  }
}

/** Browsers that offer no clipboard to files have the old way. */
async function copy(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = element('textarea', {});
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (!done) throw new Error('no clipboard');
}
