import type { Component } from '../kernel/lifecycle.ts';
import type { Message, Qos } from '../plane/message.ts';
import type { Peer } from './ports.ts';

/** One connection, seen from the engine: the edge stands on the other side. */
export interface EdgePort {
  readonly peer: Peer;
  /** Receive Maximum of the client, 1 to 65,535. [MQTT-3.1.2-23] */
  readonly receiveMaximum: number;
  /** Largest packet that the client takes, in bytes; undefined: any. [MQTT-3.1.2-24] */
  readonly maximumPacketSize: number | undefined;
  /** Sends whole packets or parts of them, in order. */
  send(batch: readonly Uint8Array[]): void;
  /** Sends a PUBLISH that waits for nobody: a client that does not read loses QoS 0 first, then its connection. */
  deliver(frame: Uint8Array, qos: Qos): void;
  /** True while the client does not take what was sent. */
  isCongested(): boolean;
  /** The frame given to `handle` was dealt with; the next may come. */
  handled(): void;
  /** The client was accepted and its CONNACK is on its way. */
  accepted(clientId: string, principal: string): void;
  /** Why the engine is about to close: a sentence for the log. */
  failed(reason: string): void;
  /** The engine is through with the connection; what it sent may still be flushed. */
  ended(): void;
}

/** One connection, seen from the edge. */
export interface EngineConnection {
  /** Takes one complete, validated packet; the next only after `EdgePort.handled`. */
  handle(frame: Buffer): void;
  /** The client acknowledged a message. @returns false when the engine has to have the packet. */
  acknowledged(packetId: number): boolean;
  /** Something came from the client that the engine did not see; its keep alive starts again. [MQTT-3.1.2-22] */
  touch(): void;
  /** The client took what was buffered. */
  drained(): void;
  /** The link is gone; without DISCONNECT before it, the will is published. [MQTT-3.1.2-8] */
  closed(): void;
}

/** Keeps everything stateful: sessions, subscriptions, QoS 2, retained messages, wills, offline queues. */
export interface Engine extends Component {
  open(edge: EdgePort): EngineConnection;
  /** Disconnects all clients; MQTT 5 clients hear 0x8B, server shutting down. [MQTT-4.13.2] */
  disconnectAll(): Promise<void>;
  /** Stores the message where it must be and routes it. */
  publish(message: Message): Promise<void>;
}
