import { hex, join, u16 } from '../support/packet-bytes.ts';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';

/** Content types of the record layer. [RFC 8446 5.1] */
const changeCipherSpec = 20;
const alert = 21;
const handshake = 22;
const applicationData = 23;

const record = (type: number, body: Buffer, version = 0x0303): Buffer =>
  join(type, u16(version), u16(body.length), body);
const message = (type: number, body: Buffer): Buffer => join(type, body.length >> 16, u16(body.length & 0xffff), body);
const extension = (type: number, body: Buffer): Buffer => join(u16(type), u16(body.length), body);

/** A ClientHello that a server of TLS 1.2 or 1.3 answers. [RFC 8446 4.1.2] */
function clientHello(random: Random): Buffer {
  const name = Buffer.from('localhost');
  const versions = random.pick([hex('0304'), hex('0303'), hex('03040303'), hex('0302'), hex('7f1c')]);
  const extensions = join(
    extension(0, join(u16(name.length + 3), 0, u16(name.length), name)), // server_name
    extension(10, hex('0006001d00170018')), // supported_groups
    extension(13, hex('000a04030503080408050401')), // signature_algorithms
    extension(16, hex('00050468747470')), // ALPN
    extension(43, join(versions.length, versions)), // supported_versions
    extension(51, join(hex('0024001d0020'), random.bytes(32))), // key_share, x25519
  );
  const suites = hex('000a13011303c02bc02fc030');
  const body = join(hex('0303'), random.bytes(32), 0, suites, hex('0100'), u16(extensions.length), extensions);
  return message(1, body);
}

const alertRecord = (random: Random): Buffer => record(alert, join(random.pick([1, 2, 3]), random.int(256)));

/** What may follow a ClientHello; none of it is what the handshake waits for. */
const next = (random: Random): Buffer =>
  random.pick([
    () => record(handshake, clientHello(random)), // a second hello, as in a renegotiation
    () => record(handshake, message(0, join())), // HelloRequest
    () => record(changeCipherSpec, hex('01')),
    () => record(applicationData, random.bytes(random.int(300))),
    () => record(handshake, message(20, random.bytes(12))), // Finished
    () => record(handshake, message(11, hex('000000'))), // Certificate, empty
    () => alertRecord(random),
    () => record(random.int(256), random.bytes(random.int(40)), random.int(65_536)),
    () => join(handshake, hex('0303ffff'), random.bytes(random.int(200))), // longer than a record may be
    () => record(handshake, join()),
    () => random.bytes(random.int(100)),
  ])();

/** One after the other to a TLS port, below TLS. */
export function tlsGarbage(random: Random): Buffer[] {
  const hello = record(handshake, clientHello(random), random.pick([0x0301, 0x0303]));
  const opening = random.weighted([
    [3, () => hello],
    [3, () => mutate(random, hello)],
    [1, () => hello.subarray(0, random.int(hello.length))],
    [1, () => alertRecord(random)],
    [1, () => join(handshake, random.bytes(random.int(64)))],
    [1, () => hex('802e01030100')], // the beginning of an SSL 2 hello
    [1, () => random.bytes(random.int(64))],
  ])();
  return [opening, ...random.many(0, 4, () => next(random))];
}
