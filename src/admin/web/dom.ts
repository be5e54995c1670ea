/** The element of index.html with this id. @throws when it is missing or of another type. */
export function byId<T extends Element>(id: string, type: abstract new () => T): T {
  const element = document.getElementById(id);
  if (element instanceof type) return element;
  throw new TypeError(`#${id} is missing or is not a ${type.name}`);
}

/** A new element; strings become text, never markup. */
export function create<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Calls back when a button is pressed. */
export function onClick(button: HTMLButtonElement, click: () => void | Promise<void>): void {
  button.addEventListener('click', () => void click());
}

/** Calls back when the form is submitted, by the button or by Enter. */
export function onSubmit(form: HTMLFormElement, submit: () => void | Promise<void>): void {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit();
  });
}
