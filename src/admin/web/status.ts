import { byId } from './dom.ts';

const refreshMs = 10_000;

interface Health {
  readonly status: string;
  /** These two are told on the machine of the broker alone. */
  readonly connections?: number;
  readonly nats?: { readonly status: string; readonly embedded: boolean };
}

/** Keeps the line under the title fresh while the page is looked at. */
export function watchHealth(): void {
  void refresh();
  setInterval(() => {
    if (!document.hidden) void refresh();
  }, refreshMs);
}

async function refresh(): Promise<void> {
  try {
    const response = await fetch('/healthz');
    const { status, connections, nats }: Health = await response.json();
    show('status-broker', status === 'ok' ? 'Broker ready' : `Broker ${status}`, status === 'ok');
    if (nats !== undefined)
      show('status-nats', `${nats.embedded ? 'NATS hub' : 'NATS'} ${nats.status}`, nats.status === 'connected');
    if (connections !== undefined)
      show('status-connections', connections === 1 ? '1 MQTT client' : `${connections} MQTT clients`, true);
  } catch {
    show('status-broker', 'Broker does not answer', false);
    if (!byId('status-nats', HTMLElement).hidden) show('status-nats', 'NATS unknown', false);
  }
}

function show(id: string, text: string, isGood: boolean): void {
  const element = byId(id, HTMLElement);
  element.textContent = text;
  element.dataset['good'] = String(isGood);
  element.hidden = false;
}
