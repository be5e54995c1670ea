import type { ConnectPacket } from '../mqtt/connect.ts';
import type { InterestWatcher } from '../plane/interest.ts';
import type { Message, Qos } from '../plane/message.ts';
import type { AccessVerdict } from './access-verdict.ts';
import type { Offers } from './offers-schema.ts';

/** The certificate a peer showed, as far as logs and identity need it. */
export interface PeerCertificate {
  /** Subject as one line, e.g. `CN=client-demo, O=Viaduct`; control characters are escaped. */
  readonly subject: string;
  readonly issuer: string;
  readonly commonName: string | undefined;
  readonly serialNumber: string;
  /** SHA-256, lower-case hex without colons. */
  readonly fingerprint256: string;
  /** Milliseconds since the epoch. */
  readonly validTo: number;
  /** Read anew at each call, which costs some 0.1 ms; of a connection that is gone they are empty. */
  names(): CertificateNames;
  /** Read anew as well; undefined once the connection is gone. */
  pem(): string | undefined;
}

/** Names in a certificate, unescaped and unchecked, in its order: of each kind none, one or several. */
export interface CertificateNames {
  readonly commonNames: readonly string[];
  readonly organizations: readonly string[];
  readonly organizationalUnits: readonly string[];
  /** Of the subject alternative name (RFC 5280 4.2.1.6), as are the next two. */
  readonly dnsNames: readonly string[];
  readonly emails: readonly string[];
  readonly uris: readonly string[];
}

export interface PeerTls {
  /** `TLSv1.2` or `TLSv1.3`. */
  readonly version: string;
  readonly cipher: string;
  readonly servername: string | undefined;
  readonly isResumed: boolean;
  /** Present when the peer showed a certificate that verified. */
  readonly certificate: PeerCertificate | undefined;
  /** Present when the peer proved itself by a pre-shared key instead. */
  readonly pskIdentity?: string;
}

/** Who is at the other end of a link. */
export interface Peer {
  /** Name of the listener that accepted it. */
  readonly listener: string;
  /** `nats`: a client of the embedded hub, which has no link. */
  readonly protocol: 'mqtt' | 'mqtts' | 'ws' | 'wss' | 'nats';
  readonly address: string;
  readonly port: number;
  readonly tls: PeerTls | undefined;
  /** Address of the proxy that relays it; `address` is what that one says, and `0.0.0.0` where it does not say. */
  readonly via?: string | undefined;
  /** What of MQTT it may use; undefined: everything. */
  readonly offers?: Offers | undefined;
}

/** What the owner of a link is told. Every callback may come until `onClose`, which comes exactly once. */
export interface LinkHandler {
  /** Bytes from the peer, in order; they may be kept, they are never changed. */
  onData(chunk: Buffer): void;
  /** The peer took what was buffered; writing may go on. */
  onDrain(): void;
  /** The link is gone. `reason` is a sentence for the log. */
  onClose(reason: string): void;
}

/** One MQTT byte stream, whatever carries it: tcp, TLS, WebSocket. It knows sockets and nothing of MQTT. */
export interface Link {
  readonly peer: Peer;
  /** Bytes handed to `write` that the peer has not taken yet. */
  readonly bufferedBytes: number;
  /** Takes the link over; called once, at once after accept. Data flows from then on. */
  open(handler: LinkHandler): void;
  /** Sends a batch with as few system calls as possible. The buffers must not be changed afterwards. */
  write(batch: readonly Uint8Array[]): void;
  /** Stops reading from the peer. */
  pause(): void;
  resume(): void;
  /** Sends what is buffered, then closes; cut off after a grace period. */
  end(): void;
  /** Closes at once. @param reason for `onClose`. */
  destroy(reason: string): void;
}

/** Takes a new link; given to every listener. */
export type AcceptLink = (link: Link) => void;

/** How a client sent a message, as far as a repetition of it can be recognised. */
export interface Sending {
  /** 1 to 65,535; undefined where a repetition is recognised before (QoS 2), or nobody waits for an answer. */
  readonly packetId: number | undefined;
  readonly isDuplicate: boolean;
  /** The publisher can be told that its message is refused, and why; before MQTT 5 only its connection can be closed. */
  readonly canRefuse: boolean;
}

/**
 * Takes a message at QoS 1 or 2 before anybody else has it. Its publisher is acknowledged when the promise is kept, and
 * refused when it is broken; undefined lets the message pass.
 */
export type Gate = (message: Message, sending: Sending) => Promise<void> | undefined;

/** What bridges and other parts of the program see of the broker. */
export interface MessagePort {
  /** Id of this node, unique among the nodes that share a NATS. */
  readonly nodeId: string;
  /**
   * Receives every message whose topic matches the filter, retained ones only live.
   * @param mayReceive false of topics that it must not get, until the rules change; left out: it gets all
   * @returns unsubscribe.
   */
  tap(filter: string, receive: (message: Message) => void, mayReceive?: (topic: string) => boolean): () => void;
  /** Tells of the filters of connected clients that have a topic in common with this one. @returns ends it. */
  watch(filter: string, watcher: InterestWatcher): () => void;
  /** Holds messages at QoS 1 and 2 whose topic matches the filter until the gate has them. @returns takes it away. */
  gate(filter: string, gate: Gate): () => void;
  /** Publishes as the broker; resolves when the message is stored where it must be and routed. */
  publish(message: Message): Promise<void>;
  /**
   * The same for a sender that keeps the message and can wait: what a slow client has to catch up with first is in its
   * queue too when the promise is kept. The sender bounds what is under way. Broken with a StoreError where a queue has
   * no room for it now.
   */
  publishKept(message: Message): Promise<void>;
}

/** What is known of a client that asks to connect. */
export interface AuthenticationRequest {
  readonly peer: Peer;
  /** The one that the broker chose, where CONNECT leaves it to the broker. */
  readonly clientId: string;
  /** Its user name, will, properties, and all else that it asks for. */
  readonly connect: ConnectPacket;
  /** Never to be kept, logged or told. */
  readonly password: Uint8Array | undefined;
  /** How it wants to prove itself, where CONNECT names an Authentication Method. */
  readonly exchange?: AuthenticationExchange | undefined;
}

/** What client and server say to each other until it is known who the client is. [MQTT 5, 4.12] */
export interface AuthenticationExchange {
  readonly method: string;
  /** What the client said first; never to be kept, logged or told. Undefined where it said nothing. */
  readonly data: Uint8Array | undefined;
  /**
   * Sends a challenge. @returns what the client answers, undefined where that has no data; broken when it is gone. The time
   * until then counts as that of the question.
   */
  ask(challenge: Uint8Array | undefined): Promise<Uint8Array | undefined>;
}

/**
 * Why a client may not connect, as far as it is told. `client-id`: it may connect, but not under this client id;
 * `banned`: whatever it proves; `method`: nobody here speaks its Authentication Method; `busy` and `unavailable`: nobody can
 * say, now; it may try again.
 */
export type RejectionCode =
  | 'not-authorized'
  | 'bad-credentials'
  | 'client-id'
  | 'banned'
  | 'method'
  | 'busy'
  | 'unavailable';

/** Nobody vouches for anonymous clients, so that all of them are one, and none is a user. */
export const noTrust = 'none';

/** Who a client is. Its sessions belong to it, from their first to their last moment. */
export interface Identity {
  /** Names it, in logs and to others: the same credentials always give the same one. */
  readonly principal: string;
  /** Who vouches for it. The same principal under another trust is another identity. */
  readonly trust: string;
}

/** What rules may ask of a client beside its name. It is no part of the identity, and may be another at each CONNECT. */
export interface ClientAttributes {
  readonly groups?: readonly string[];
  /** As whoever vouches for it has them. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** Who a client is, and that it may connect. */
export interface Acceptance extends Identity {
  readonly kind: 'accept';
  readonly attributes?: ClientAttributes;
  /** The password was looked at, and is right. */
  readonly isPasswordChecked?: boolean;
  /** When what it proved itself by ends, milliseconds since the epoch: the connection ends with it. Left out: it lasts. */
  readonly expiresAtMs?: number;
  /** What ends an exchange: told to the client, such as proof of the server's own. */
  readonly data?: Uint8Array;
}

export interface Rejection {
  readonly kind: 'reject';
  /** A sentence for the log, which is never told to the client. */
  readonly reason: string;
  /** `not-authorized` when left out. */
  readonly code?: RejectionCode;
  /** As whom it wanted to come in, where its exchange says so and CONNECT need not. */
  readonly user?: string;
}

/** Nothing here says who a client is. Another may know; where nobody does, it is refused. */
export interface Abstention {
  readonly kind: 'abstain';
  readonly reason?: string;
}

export type AuthenticationVerdict = Acceptance | Rejection | Abstention;

/**
 * What has to be asked elsewhere before there is a verdict. It is called at most once, and not at all where too many wait
 * already (`limits.connectsWaiting`).
 * @param signal aborted when nobody waits any more: the client is gone, or the time is up (`limits.authenticationTimeout`)
 */
export type AuthenticationQuestion = (signal: AbortSignal) => Promise<AuthenticationVerdict>;

/** Decides who may connect: at once where it can, or by a question. */
export interface Authenticator {
  /** Whether it understands an exchange by this Authentication Method with such a peer; left out, it understands none. */
  serves?(peer: Peer, method: string): boolean;
  authenticate(request: AuthenticationRequest): AuthenticationVerdict | AuthenticationQuestion;
  /**
   * Why a client that was accepted may not be here any more, as a sentence for the log; undefined where it may. Asked before
   * it begins, and of all with `Broker.reconsider`. Left out: whoever was accepted may stay.
   * @param username of its CONNECT
   */
  whyNot?(client: AuthorizedClient, username: string | undefined): string | undefined;
}

/** A client that was accepted, as far as it matters what it may do. */
export interface AuthorizedClient {
  readonly clientId: string;
  /** See `Identity`. */
  readonly principal: string;
  readonly trust: string | undefined;
  /** How it is connected; undefined, as the next is, of one that was connected to an earlier run and left a will. */
  readonly peer: Peer | undefined;
  readonly attributes: ClientAttributes | undefined;
}

/** How a client wants to publish on a topic. */
export interface PublishRequest {
  readonly topic: string;
  readonly qos: Qos;
  readonly isRetained: boolean;
}

/**
 * Decides what clients may do: at once and from memory, or by a question. A verdict on a topic is remembered where it was
 * asked for, until the generation is another; that of somebody outside as long as it counts.
 */
export interface Authorizer {
  /** Another one with every change of the rules: what was said before counts no more. */
  readonly generation: number;
  /** What becomes of a PUBLISH that it denies where the client cannot be told; left out: `disconnect`. [3.1.1 MQTT-3.3.5-2] */
  readonly before5?: 'drop' | 'disconnect' | undefined;
  /** What SUBACK of MQTT 5 says of a subscription that it denies; left out: not authorized, 0x87. */
  readonly denialCode?: number | undefined;
  publish(client: AuthorizedClient, request: PublishRequest): AccessVerdict;
  /** @param filter also `$share/group/filter` */
  subscribe(client: AuthorizedClient, filter: string, qos: Qos): AccessVerdict;
  /**
   * Asked for what a subscription brings, also retained and queued messages; nobody outside is asked about it. Left out:
   * whoever may subscribe may receive.
   */
  readonly receive?: ((client: AuthorizedClient, topic: string) => string | undefined) | undefined;
}

/** What the rules let a rule of the bridge do; answered at once. */
export interface BridgeGuard {
  /** Publish here what came from NATS. */
  readonly mayPublish: (request: PublishRequest) => boolean;
  /** Carry away what is published on the topic. */
  readonly mayTake: (topic: string) => boolean;
}
