import { encodeAuth, parseAuth } from '../../mqtt/auth.ts';
import type { ConnectPacket } from '../../mqtt/connect.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { isRefusal, protocolError, type Refusal } from '../../mqtt/refusal.ts';
import type { EdgePort, EngineConnection } from '../engine-port.ts';
import type { AuthenticationExchange } from '../ports.ts';

const faults = {
  otherMethod: protocolError('MQTT-4.12.0-5', 'AUTH has another Authentication Method than CONNECT'),
  notAsked: protocolError('MQTT-4.12.0-3', 'AUTH goes on (0x18), and nothing was asked'),
  tooEarly: protocolError('4.12.1', 'AUTH asks for re-authentication (0x19) before CONNACK'),
  underWay: protocolError('4.12.1', 'AUTH asks for re-authentication (0x19) while one is under way'),
} as const;

interface Awaited {
  readonly resolve: (data: Uint8Array | undefined) => void;
  readonly reject: (reason: Error) => void;
}

/** The AUTH packets of one connection: one exchange at a time, of any method. [MQTT 5, 4.12] */
export class EnhancedAuthentication {
  readonly #method: string;
  readonly #edge: Pick<EdgePort, 'send'>;
  readonly #engine: Pick<EngineConnection, 'reauthenticate'>;
  #isUnderWay = false;
  #isAccepted = false;
  #isClosed = false;
  /** Its answer to what it was asked. */
  #answer: Awaited | undefined;

  /** @param method the one of CONNECT, which counts as long as the connection lasts [MQTT-4.12.1-1] */
  constructor(method: string, edge: Pick<EdgePort, 'send'>, engine: Pick<EngineConnection, 'reauthenticate'>) {
    this.#method = method;
    this.#edge = edge;
    this.#engine = engine;
  }

  begin(data: Uint8Array | undefined): AuthenticationExchange {
    this.#isUnderWay = true;
    return { method: this.#method, data, ask: (challenge) => this.#ask(challenge) };
  }

  /** CONNACK ends the first exchange. */
  accepted(): void {
    this.#isAccepted = true;
    this.#isUnderWay = false;
  }

  /** Another one ended well. [MQTT 5, 4.12.1] */
  succeeded(data: Uint8Array | undefined): void {
    this.#isUnderWay = false;
    this.#send(reasonCodes.success, data);
  }

  /** @returns why the connection must end */
  receive(frame: Buffer): Refusal | undefined {
    const packet = parseAuth(frame);
    if (isRefusal(packet)) return packet;
    const { reasonCode, method, data } = packet;
    if (method !== this.#method) return faults.otherMethod;
    if (reasonCode === reasonCodes.continueAuthentication) {
      if (this.#answer === undefined) return faults.notAsked;
      const { resolve } = this.#answer;
      this.#answer = undefined;
      resolve(data);
      return undefined;
    }
    if (!this.#isAccepted) return faults.tooEarly;
    if (this.#isUnderWay) return faults.underWay;
    this.#engine.reauthenticate(this.begin(data));
    return undefined;
  }

  /** Nothing more comes: whoever waits for the client is told so. */
  close(): void {
    this.#isClosed = true;
    this.#answer?.reject(gone());
    this.#answer = undefined;
  }

  #ask(challenge: Uint8Array | undefined): Promise<Uint8Array | undefined> {
    if (this.#isClosed) return Promise.reject(gone());
    return new Promise((resolve, reject) => {
      this.#answer = { resolve, reject };
      this.#send(reasonCodes.continueAuthentication, challenge); // which may close the connection
    });
  }

  #send(reasonCode: number, data: Uint8Array | undefined): void {
    if (!this.#isClosed) this.#edge.send([encodeAuth(reasonCode, this.#method, data)]);
  }
}

/** @returns undefined where CONNECT names no Authentication Method */
export const enhancedAuthentication = (
  { authenticationMethod: method }: Pick<ConnectPacket, 'authenticationMethod'>,
  edge: Pick<EdgePort, 'send'>,
  engine: Pick<EngineConnection, 'reauthenticate'>,
): EnhancedAuthentication | undefined =>
  method === undefined ? undefined : new EnhancedAuthentication(method, edge, engine);

const gone = (): Error => new Error('the client is gone');
