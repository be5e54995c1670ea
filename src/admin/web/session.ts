import type { Connection, ConnectionHandler, ConnectionModule, ConnectRequest, ReceivedMessage } from './connection.ts';
import { messageLine } from './log-line.ts';
import type { Log } from './log-view.ts';
import { previewPayload } from './payload.ts';
import { topicMistake, uriProblem } from './reasons.ts';

export type SessionState = 'idle' | 'connecting' | 'connected';

/** What the page does with the broker; every outcome is a line in the log. */
export interface Session {
  readonly state: SessionState;
  connect(request: ConnectRequest): Promise<void>;
  disconnect(): void;
  /** @returns the granted QoS, or nothing when it was refused. */
  subscribe(filter: string, qos: 0 | 1 | 2): Promise<number | undefined>;
  /** @returns whether it succeeded. */
  unsubscribe(filter: string): Promise<boolean>;
  publish(topic: string, payload: string, options: { qos: 0 | 1 | 2; retain: boolean }): Promise<void>;
}

export interface SessionDeps {
  readonly log: Log;
  readonly load: () => Promise<ConnectionModule>;
  readonly onState: (state: SessionState) => void;
}

export function createSession({ log, load, onState }: SessionDeps): Session {
  let state: SessionState = 'idle';
  let attempt = 0;
  let connection: Connection | undefined;

  function enter(next: SessionState): void {
    state = next;
    if (next === 'idle') connection = undefined;
    onState(next);
  }

  const failed = (what: string, error: unknown): void =>
    log.say('ERROR', `${what}: ${error instanceof Error ? error.message : String(error)}`);

  async function connect(request: ConnectRequest): Promise<void> {
    const problem = uriProblem(request.uri, location.protocol);
    if (problem !== undefined) return log.say('ERROR', problem);
    const mine = ++attempt;
    enter('connecting');
    try {
      const module = await load();
      if (mine !== attempt) return;
      connection = module.openConnection(
        request,
        logged(log, request, (next) => {
          if (mine === attempt) enter(next);
        }),
      );
    } catch (error) {
      if (mine !== attempt) return;
      failed('Could not connect', error);
      enter('idle');
    }
  }

  return {
    get state() {
      return state;
    },
    connect,
    disconnect() {
      if (connection !== undefined) return connection.close();
      attempt++;
      enter('idle');
    },
    async subscribe(filter, qos) {
      if (connection === undefined || state !== 'connected') return notConnected('subscribing');
      try {
        const granted = await connection.subscribe(filter, qos);
        log.say('SUBSCRIBED', `${filter} (QoS ${granted})`);
        return granted;
      } catch (error) {
        failed(`Could not subscribe to ${filter}`, error);
        return undefined;
      }
    },
    async unsubscribe(filter) {
      try {
        await connection?.unsubscribe(filter);
        log.say('UNSUBSCRIBED', filter);
        return true;
      } catch (error) {
        failed(`Could not unsubscribe from ${filter}`, error);
        return false;
      }
    },
    async publish(topic, payload, { qos, retain }) {
      if (connection === undefined || state !== 'connected') return notConnected('publishing');
      const problem = topicMistake(topic);
      if (problem !== undefined) return log.say('ERROR', problem);
      const preview = previewPayload(new TextEncoder().encode(payload));
      try {
        const acknowledged = connection.publish(topic, payload, { qos, retain });
        log.add(messageLine('SENT', { topic, qos, retain, payload: preview, userProperties: [] }, Date.now()));
        await acknowledged;
      } catch (error) {
        failed(`Could not publish to ${topic}`, error);
      }
    },
  };

  function notConnected(what: string): undefined {
    log.say('ERROR', `Connect before ${what}.`);
  }
}

/** Writes what a connection tells into the log. */
function logged(log: Log, { uri, version }: ConnectRequest, enter: (state: SessionState) => void): ConnectionHandler {
  let wasOpen = false;
  return {
    onOpen({ clientId, isSessionPresent }) {
      wasOpen = true;
      const session = isSessionPresent ? 'session resumed' : 'new session';
      log.say('CONNECTED', `${uri} as ${clientId} (MQTT ${version === 5 ? '5' : '3.1.1'}, ${session})`);
      enter('connected');
    },
    onMessage: (message) => log.add(receivedLine(message)),
    onError: (reason) => log.say('ERROR', reason),
    onEnd(reason) {
      if (wasOpen) log.say('DISCONNECTED', reason ?? 'see the error above');
      else if (reason !== undefined) log.say('ERROR', reason);
      enter('idle');
    },
  };
}

const receivedLine = (message: ReceivedMessage) =>
  messageLine('RECEIVED', { ...message, payload: previewPayload(message.payload) }, Date.now());
