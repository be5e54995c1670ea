import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { type Refusal, refuse } from '../../mqtt/refusal.ts';

/** The QoS 1 and 2 messages of one client that are not through yet; bounded, or it could fill the store. [MQTT-3.3.4-7] */
export class InboundFlow {
  readonly #receiveMaximum: number;
  #openQos1 = 0;
  /** Packet identifiers of QoS 2 messages that the client has not released. */
  #openQos2: Set<number> | undefined;

  constructor(receiveMaximum: number) {
    this.#receiveMaximum = receiveMaximum;
  }

  get open(): number {
    return this.#openQos1 + (this.#openQos2?.size ?? 0);
  }

  openedQos1(): void {
    this.#openQos1 += 1;
  }

  acknowledged(): void {
    this.#openQos1 -= 1;
  }

  openedQos2(packetId: number): void {
    this.#openQos2 ??= new Set();
    this.#openQos2.add(packetId);
  }

  released(packetId: number): void {
    this.#openQos2?.delete(packetId);
  }

  /** 0x93, where the client has more under way than it was told it may. */
  fault(): Refusal | undefined {
    if (this.open <= this.#receiveMaximum) return undefined;
    return refuse(
      reasonCodes.receiveMaximumExceeded,
      'MQTT-3.3.4-7',
      `more than ${this.#receiveMaximum} QoS 1 and 2 messages are under way at once (limits.receiveMaximum)`,
    );
  }
}
