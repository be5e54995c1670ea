import { copyText } from './copy.ts';
import { byId, create, onClick } from './dom.ts';
import type { Snippet, SnippetGroup } from './snippets/snippet.ts';

const outcomeWords = { copied: 'Copied', selected: 'Selected: press Ctrl+C' } as const;
const outcomeMs = 2_500;

/** One tab a program, as the ARIA pattern for tabs has it: arrows move between tabs, Tab goes into the panel. */
export function showSnippets(groups: readonly SnippetGroup[]): void {
  const tabs = groups.map(toTab);
  const panels = groups.map(toPanel);
  const select = (index: number): void => {
    tabs.forEach((tab, each) => {
      tab.setAttribute('aria-selected', String(each === index));
      tab.tabIndex = each === index ? 0 : -1;
    });
    panels.forEach((panel, each) => {
      panel.hidden = each !== index;
    });
  };
  tabs.forEach((tab, index) => {
    tab.addEventListener('click', () => select(index));
    tab.addEventListener('keydown', (event) => {
      const next = nextTab(event.key, index, tabs.length);
      if (next === undefined) return;
      event.preventDefault();
      select(next);
      tabs[next]?.focus();
    });
  });
  byId('snippet-tabs', HTMLElement).replaceChildren(...tabs);
  byId('snippet-panels', HTMLElement).replaceChildren(...panels);
  select(0);
}

function nextTab(key: string, index: number, count: number): number | undefined {
  if (key === 'ArrowRight') return (index + 1) % count;
  if (key === 'ArrowLeft') return (index + count - 1) % count;
  if (key === 'Home') return 0;
  return key === 'End' ? count - 1 : undefined;
}

const toTab = ({ id, title }: SnippetGroup): HTMLButtonElement =>
  create('button', { type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': `panel-${id}` }, title);

function toPanel({ id, install, snippets }: SnippetGroup): HTMLElement {
  const panel = create('div', { role: 'tabpanel', id: `panel-${id}`, 'aria-labelledby': `tab-${id}` });
  panel.append(
    create('p', { class: 'hint' }, install),
    create('div', { class: 'snippets' }, ...snippets.map(toFigure)),
  );
  return panel;
}

function toFigure({ id, title, note, text }: Snippet): HTMLElement {
  const code = create('code', {}, text);
  const button = create('button', { type: 'button', class: 'quiet', 'aria-label': `Copy: ${title}` }, 'Copy');
  const outcome = create('span', { class: 'outcome', role: 'status' });
  onClick(button, async () => {
    outcome.textContent = outcomeWords[await copyText(code)];
    setTimeout(() => outcome.replaceChildren(), outcomeMs);
  });
  const caption = create('figcaption', {}, create('h3', {}, title), outcome, button);
  const figure = create('figure', { id: `snippet-${id}` }, caption);
  if (note !== undefined) figure.append(create('p', { class: 'hint' }, note));
  figure.append(create('pre', { tabindex: '0', 'aria-label': title }, code));
  return figure;
}
