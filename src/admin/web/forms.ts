import { byId, create, onClick, onSubmit } from './dom.ts';
import type { Session, SessionState } from './session.ts';

const stateWords: Record<SessionState, string> = {
  idle: 'Not connected',
  connecting: 'Connecting',
  connected: 'Connected',
};
const buttonWords: Record<SessionState, string> = { idle: 'Connect', connecting: 'Cancel', connected: 'Disconnect' };

const qosOf = (id: string): 0 | 1 | 2 => {
  const value = Number(byId(id, HTMLSelectElement).value);
  return value === 2 ? 2 : value === 1 ? 1 : 0;
};
const text = (id: string): string => byId(id, HTMLInputElement).value;

/** The connect form; while connected, its button disconnects. */
export function bindConnectForm(session: Session): void {
  byId('client-id', HTMLInputElement).value = `console-${crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36)}`;
  onSubmit(byId('connect-form', HTMLFormElement), () => {
    if (session.state !== 'idle') return session.disconnect();
    void session.connect({
      uri: text('uri').trim(),
      clientId: text('client-id'),
      username: text('username'),
      password: text('password'),
      version: byId('version', HTMLSelectElement).value === '4' ? 4 : 5,
      isCleanStart: byId('clean-start', HTMLInputElement).checked,
    });
  });
}

/** Shows the state on every form. Buttons keep working without a connection, and say then what to do. */
export function showState(state: SessionState): void {
  document.documentElement.dataset['state'] = state;
  byId('connect-state', HTMLElement).textContent = stateWords[state];
  byId('connect-button', HTMLButtonElement).textContent = buttonWords[state];
  const isConnected = state === 'connected';
  for (const id of ['uri', 'client-id', 'username', 'password', 'version', 'clean-start']) {
    const field = document.getElementById(id);
    if (field instanceof HTMLSelectElement) field.disabled = state !== 'idle';
    if (field instanceof HTMLInputElement) field.disabled = state !== 'idle';
  }
  for (const id of ['subscribe-button', 'publish-button'])
    byId(id, HTMLButtonElement).classList.toggle('waiting', !isConnected);
  if (state === 'idle') byId('subscriptions', HTMLUListElement).replaceChildren();
}

/** The subscribe form and the list of what is subscribed. */
export function bindSubscribeForm(session: Session): void {
  const list = byId('subscriptions', HTMLUListElement);
  const field = byId('filter', HTMLInputElement);
  onSubmit(byId('subscribe-form', HTMLFormElement), async () => {
    const filter = field.value;
    const granted = await session.subscribe(filter, qosOf('subscribe-qos'));
    if (granted !== undefined && session.state === 'connected') show(filter, granted);
  });

  function show(filter: string, granted: number): void {
    for (const item of list.children)
      if (item instanceof HTMLElement && item.dataset['filter'] === filter) item.remove();
    const remove = create('button', { type: 'button', 'aria-label': `Unsubscribe from ${filter}` }, '×');
    const item = create('li', {}, create('code', {}, filter), create('small', {}, `QoS ${granted}`), remove);
    item.dataset['filter'] = filter;
    onClick(remove, async () => {
      if (!(await session.unsubscribe(filter))) return;
      item.remove();
      field.focus(); // the button that had the focus is gone
    });
    list.append(item);
  }
}

/** The publish form. Enter publishes from the payload too; Shift and Enter makes a new line. */
export function bindPublishForm(session: Session): void {
  const form = byId('publish-form', HTMLFormElement);
  const payload = byId('payload', HTMLTextAreaElement);
  onSubmit(form, () => {
    const retain = byId('retain', HTMLInputElement).checked;
    void session.publish(text('topic'), payload.value, { qos: qosOf('publish-qos'), retain });
  });
  payload.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
}
