/** The parts that we use of packages without types. */
declare module 'msgpack-lite' {
  export function encode(value: unknown): Buffer;
  export function decode(bytes: Uint8Array): unknown;
}

declare module 'aedes-persistence-redis' {
  interface Connection {
    /** Fields with their values as bytes. */
    hgetallBuffer(key: string): Promise<Readonly<Record<string, unknown>>>;
  }
  interface Client {
    readonly id: string;
  }
  interface Subscription {
    topic: string;
    qos: 0 | 1 | 2;
    rh?: number;
    rap?: boolean;
    nl?: boolean;
    subscriptionIdentifier?: number;
  }
  interface Persistence {
    setup(broker: object): Promise<void>;
    addSubscriptions(client: Client, subscriptions: readonly Subscription[]): Promise<void>;
    /** As they were stored. */
    subscriptionsByClient(client: Client): Promise<Subscription[]>;
    storeRetained(packet: object): Promise<void>;
    createRetainedStream(filter: string): NodeJS.ReadableStream;
    outgoingEnqueue(target: object, packet: object): Promise<void>;
    outgoingUpdate(client: Client, packet: object): Promise<void>;
    outgoingClearMessageId(client: Client, packet: object): Promise<unknown>;
    outgoingStream(client: Client): NodeJS.ReadableStream;
    destroy(): Promise<void>;
  }
  /** @param options.conn what it sends its commands to; only the methods that are called need to be there */
  export default function persistence(options: {
    readonly conn: Connection;
    readonly maxSessionDelivery?: number;
  }): Persistence;
}
