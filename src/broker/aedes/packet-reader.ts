import mqttPacket, { type Packet, type Parser } from 'mqtt-packet';
import type { ProtocolVersion } from '../../mqtt/version.ts';
import type { EngineParsedPacket } from './engine-types.ts';

/** Reads packets for the engine, whole and one at a time: so one parser serves all connections of a version. */
export class PacketReader {
  readonly #parsers = new Map<ProtocolVersion, Parser>();
  #packet: Packet | undefined;
  #error: Error | undefined;

  /** @param frame a whole packet that was validated. @throws Error when the engine's parser thinks otherwise */
  read(frame: Buffer, version: ProtocolVersion): EngineParsedPacket {
    this.#packet = undefined;
    this.#error = undefined;
    this.#parserFor(version).parse(frame);
    if (this.#packet !== undefined && this.#error === undefined) return this.#packet;
    this.#parsers.delete(version); // it would go on in the middle of this packet
    throw this.#error ?? new Error('the packet is not whole');
  }

  #parserFor(version: ProtocolVersion): Parser {
    const known = this.#parsers.get(version);
    if (known !== undefined) return known;
    const parser = mqttPacket.parser({ protocolVersion: version });
    parser.on('packet', (packet: Packet) => {
      this.#packet = packet;
    });
    parser.on('error', (error: Error) => {
      this.#error = error;
    });
    this.#parsers.set(version, parser);
    return parser;
  }
}
