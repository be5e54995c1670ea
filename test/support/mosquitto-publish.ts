import { runToEnd } from './run-program.ts';

/** Paths of what mosquitto's clients read. */
export interface ClientFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Publishes once at QoS 1 over two-way TLS. @returns how it ended; with 0 the broker took the message. */
export const mosquittoPublish = (port: number, { ca, cert, key }: ClientFiles) => {
  const files = ['--cafile', ca, '--cert', cert, '--key', key];
  return runToEnd('mosquitto_pub', [...`-h localhost -p ${port} -q 1 -t a -m b`.split(' '), ...files]);
};
