import { shellWord } from '../../../kernel/shell-word.ts';
import { bracketed } from './hosts.ts';
import { titleOf } from './mosquitto.ts';
import { type Snippet, type SnippetGroup, shellCommand } from './snippet.ts';
import type { SnippetTarget, Targets } from './targets.ts';

const octal = (byte: number): string => `\\${byte.toString(8).padStart(3, '0')}`;

/** A CONNECT of MQTT 3.1.1, clean session, no keep alive, client id `a`. */
const connectHex = '10 0d 00 04 4d 51 54 54 04 02 00 00 00 01 61';
/** The same for `printf`: octal, because not every shell knows `\x`. */
const connectOctal = connectHex
  .split(' ')
  .map((hex) => Number.parseInt(hex, 16))
  .map((byte) => (/[A-Za-z]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : octal(byte)))
  .join('');

export function opensslSnippets({ mqtt, files }: Targets): SnippetGroup {
  const secured = mqtt.filter(({ tls }) => tls !== 'off');
  return {
    id: 'openssl',
    title: 'OpenSSL',
    install: 'On most systems already; 1.1.1 or later',
    snippets: secured.flatMap((target) => [handshake(target), rawConnect(target)]),
  };

  function connection({ host, port, tls }: SnippetTarget): readonly string[] {
    const identity = [`-cert ${shellWord(files.clientCertificate)}`, `-key ${shellWord(files.clientKey)}`];
    return [
      `openssl s_client -connect ${shellWord(`${bracketed(host)}:${port}`)} -servername ${shellWord(host)}`,
      `-CAfile ${shellWord(files.chain)} -verify_return_error`,
      ...(tls === 'two-way' ? identity : []),
    ];
  }

  function handshake(target: SnippetTarget): Snippet {
    const { host, tls } = target;
    return {
      id: `openssl-verify-${tls}`,
      title: `${titleOf(tls)}: verify the certificate`,
      note: 'Says "Verification: OK" when the chain leads to the root CA and the name is right.',
      text: shellCommand([...connection(target), `-verify_hostname ${shellWord(host)} -brief </dev/null`]),
    };
  }

  function rawConnect(target: SnippetTarget): Snippet {
    return {
      id: `openssl-connect-${target.tls}`,
      title: `${titleOf(target.tls)}: a raw CONNECT`,
      note: `Sends ${connectHex}, which is client id "a", and prints the CONNACK: 20 02 00 00.`,
      text: shellCommand([
        `(printf '${connectOctal}'; sleep 1) |`,
        ...connection(target),
        '-quiet -no_ign_eof 2>/dev/null |',
        'od -An -tx1',
      ]),
    };
  }
}
