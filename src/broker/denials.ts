import type { Events } from '../kernel/telemetry-ports.ts';
import { accessDenied, accessDeniedAgain, type DeniedAction } from './events.ts';
import type { AuthorizedClient } from './ports.ts';

/** Of one client, action and topic one line is written in this time. */
const windowMs = 60_000;
/** No more lines are written in this time; it bounds what is remembered as well. */
const mostLines = 1_000;
/** UTF-16 units of a client id or topic that are told. */
const mostText = 256;

export interface DenialsDeps {
  readonly events: Events;
  readonly now: () => number;
}

/** Tells of what was denied: each is counted, and the log is not filled by a client that tries again and again. */
export class Denials {
  readonly #deps: DenialsDeps;
  readonly #told = new Set<string>();
  #since = 0;

  constructor(deps: DenialsDeps) {
    this.#deps = deps;
  }

  /** @param topic or filter @param reason why not, as it may be told */
  tell(action: DeniedAction, client: AuthorizedClient, topic: string, reason: string): void {
    const { events } = this.#deps;
    const clientId = shortened(client.clientId);
    const listener = client.peer?.listener ?? '';
    const fields = { action, clientId, principal: shortened(client.principal), listener, reason: shortened(reason) };
    events.emit(this.#isNew(`${action} ${clientId} ${shortened(topic)}`) ? accessDenied : accessDeniedAgain, fields);
  }

  #isNew(key: string): boolean {
    const now = this.#deps.now();
    if (Math.abs(now - this.#since) >= windowMs) {
      this.#since = now;
      this.#told.clear();
    }
    if (this.#told.has(key) || this.#told.size >= mostLines) return false;
    this.#told.add(key);
    return true;
  }
}

const shortened = (text: string): string => (text.length > mostText ? `${text.slice(0, mostText)}...` : text);
