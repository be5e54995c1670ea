/** What the connect form asks for. */
export interface ConnectRequest {
  readonly uri: string;
  readonly clientId: string;
  readonly username: string;
  readonly password: string;
  readonly version: 4 | 5;
  readonly isCleanStart: boolean;
}

export interface ReceivedMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: number;
  readonly retain: boolean;
  readonly userProperties: readonly (readonly [key: string, value: string])[];
}

/** Sentences for the log. Exactly one `onEnd` comes, last. */
export interface ConnectionHandler {
  onOpen(facts: { readonly isSessionPresent: boolean; readonly clientId: string }): void;
  onMessage(message: ReceivedMessage): void;
  onError(reason: string): void;
  /** @param reason why, or nothing when `onError` has said it or the page cancelled the attempt. */
  onEnd(reason: string | undefined): void;
}

/** One MQTT connection, from the CONNECT to its end. Requests reject with a reason in words. */
export interface Connection {
  /** @returns the granted QoS. */
  subscribe(filter: string, qos: 0 | 1 | 2): Promise<number>;
  unsubscribe(filter: string): Promise<void>;
  publish(topic: string, payload: string, options: { qos: 0 | 1 | 2; retain: boolean }): Promise<void>;
  /** Says DISCONNECT and closes. */
  close(): void;
}

/** The module that is loaded when the first connection is opened. */
export interface ConnectionModule {
  openConnection(request: ConnectRequest, handler: ConnectionHandler): Connection;
}
