/** Elements from data. Text goes in as text nodes only, so that no name can become markup. */

type Attributes = Readonly<Record<string, string>>;
type Child = Node | string | null;

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** A button that does something at once (not one that sends a form). */
export function button(
  attributes: Attributes,
  text: string | Node,
  onClick: () => void,
): HTMLButtonElement {
  const made = element('button', { type: 'button', ...attributes }, text);
  made.addEventListener('click', onClick);
  return made;
}

/** A part of the page with its title, reachable from the navigation. */
export function section(
  id: string,
  title: string,
  hint: string,
  ...children: readonly Child[]
): HTMLElement {
  return element(
    'section',
    { id, class: 'part', 'aria-labelledby': `${id}-title` },
    element('h2', { id: `${id}-title` }, title),
    hint === '' ? null : element('p', { class: 'hint' }, hint),
    ...children,
  );
}

/** A bar whose length is a share of the line, 0 to 1; its colour comes from its class. */
export function shareBar(share: number, className: string): HTMLElement {
  const bar = element('span', { class: `bar ${className}`, 'aria-hidden': 'true' });
  bar.style.width = `${(100 * Math.min(1, Math.max(0, share))).toFixed(1)}%`;
  return bar;
}
