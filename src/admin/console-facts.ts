import { isLoopback } from '../kernel/address.ts';
import { withoutCredentials } from '../kernel/credentials.ts';
import type { BrokerInfo, CertificateFiles, ListenerInfo, RuleInfo } from './broker-info.ts';

/** What the page of this machine fills its forms and snippets with; the answer of `/api/v1/console`. Holds no secrets. */
export interface ConsoleFacts {
  readonly name: string;
  readonly version: string;
  readonly nodeId: string;
  readonly listeners: readonly ListenerInfo[];
  readonly certificates: CertificateFiles;
  readonly nats: { readonly url: string; readonly embedded: boolean };
  readonly rules: readonly RuleInfo[];
}

export const consoleFacts = (info: BrokerInfo): ConsoleFacts => ({
  name: info.name,
  version: info.version,
  nodeId: info.nodeId,
  listeners: info.listeners,
  certificates: info.certificates,
  nats: { url: withoutCredentials(info.nats.url), embedded: info.nats.embedded },
  rules: info.rules,
});

/** MQTT over WebSocket, as a page from elsewhere gets there. */
export interface WebSocketDoor {
  /** Left out where it is that of the page. */
  readonly port?: number;
  readonly path: string;
  readonly tls: ListenerInfo['tls'];
}

/** What the page is told anywhere else: how a browser gets in, and nothing of what is behind. */
export interface StrangerFacts {
  readonly name: string;
  /** Null where no browser gets in. */
  readonly webSocket: WebSocketDoor | null;
}

/** @param listener the one that was asked */
export function strangerFacts({ name, listeners }: BrokerInfo, listener: string): StrangerFacts {
  const doors = listeners.filter(({ accept }) => accept.includes('websocket'));
  const same = doors.find((door) => door.name === listener);
  const other = doors.find(({ host }) => !isLoopback(host));
  if (same !== undefined) return { name, webSocket: { path: same.path, tls: same.tls } };
  return { name, webSocket: other === undefined ? null : { port: other.port, path: other.path, tls: other.tls } };
}
