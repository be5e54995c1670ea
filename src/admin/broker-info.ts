/** One bound port. */
export interface ListenerInfo {
  readonly name: string;
  readonly accept: readonly ('mqtt' | 'websocket' | 'http')[];
  readonly tls: 'off' | 'one-way' | 'two-way' | 'two-way-optional' | 'auto';
  /** Address it is bound to; `0.0.0.0` and `::` are every address of the machine. */
  readonly host: string;
  /** The bound port, never 0. */
  readonly port: number;
  /** Path of MQTT over WebSocket. */
  readonly path: string;
}

/** Paths of the certificate files, absolute. A file that does not exist is left out. */
export interface CertificateFiles {
  readonly rootCa?: string | undefined;
  /** Root and intermediate in one file. */
  readonly chain?: string | undefined;
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly clientPkcs12?: string | undefined;
}

export interface NatsInfo {
  readonly status: 'connected' | 'connecting' | 'disconnected';
  /** First URL of the cluster, or of the embedded hub. */
  readonly url: string;
  /** True for the hub inside this process. */
  readonly embedded: boolean;
}

export interface RuleInfo {
  readonly name: string;
  readonly topic: string;
  readonly subject: string;
  readonly direction: 'both' | 'to-nats' | 'from-nats';
}

/** What the console and the health check say about the running broker. */
export interface BrokerInfo {
  readonly name: string;
  readonly version: string;
  readonly nodeId: string;
  /** `ok` once every listener accepts. */
  readonly status: 'ok' | 'starting' | 'stopping';
  /** MQTT clients connected now. */
  readonly connections: number;
  readonly nats: NatsInfo;
  readonly listeners: readonly ListenerInfo[];
  readonly certificates: CertificateFiles;
  readonly rules: readonly RuleInfo[];
}
