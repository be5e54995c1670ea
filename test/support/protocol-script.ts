import { expect, test } from 'vitest';
import { ProtocolConnection } from './protocol-connection.ts';
import { bytesOf, expectedBytes } from './protocol-notation.ts';

/**
 * A name that cites the clauses, and what goes over the wire, one step a line:
 *
 *   > 10 .. 0004 "MQTT" 04 02 0000 s"a"   the client sends bytes (protocol-notation.ts says how they are written)
 *   < 20 02 00 00                         the next packet that it gets is exactly this one
 *   closed                                the broker ends the connection, and nothing came that was not named
 *   quiet                                 nothing came that was not named, though the broker has handled everything
 *   drops                                 the client closes its socket
 *
 * A line that begins with # is for the reader. A word before a step names the client where there are several: `sub < 30 03 s"t"`. A client connects with its first
 * step, and anew after `closed` and `drops`. Whoever is still connected at the end is `quiet`.
 */
export type ProtocolCase = readonly [name: string, script: string];

interface Step {
  readonly who: string;
  readonly action: '>' | '<' | 'closed' | 'quiet' | 'drops';
  readonly bytes: string;
  readonly text: string;
}

function stepsOf(script: string): Step[] {
  const lines = script.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((text) => {
      const match = /^(?:([a-z]\w*) )??(>|<|closed|quiet|drops)(?: (.*))?$/.exec(text);
      if (match === null) throw new Error(`no step: ${text}`);
      const [, who = 'client', action, bytes = ''] = match;
      return { who, action: action as Step['action'], bytes, text };
    });
}

const levelIn = (bytes: Buffer): number | undefined => {
  const at = bytes.indexOf('MQTT');
  return bytes[0] === 0x10 && at !== -1 ? bytes[at + 4] : undefined;
};

/** One run of a script: its clients, and what was said so far. */
class Play {
  readonly #port: number;
  readonly #clients = new Map<string, ProtocolConnection>();
  readonly #accepted = new Set<ProtocolConnection>();

  constructor(port: number) {
    this.#port = port;
  }

  async step({ who, action, bytes, text }: Step): Promise<void> {
    const client = this.#clients.get(who) ?? (await ProtocolConnection.to(this.#port));
    this.#clients.set(who, client);
    switch (action) {
      case '>': {
        const sent = bytesOf(bytes);
        client.version = levelIn(sent) ?? client.version;
        client.send(sent);
        break;
      }
      case '<': {
        const packet = await client.packet();
        expect(packet.toString('hex'), text).toBe(expectedBytes(bytes, packet).toString('hex'));
        if (packet[0] === 0x20 && packet[3] === 0) this.#accepted.add(client);
        break;
      }
      case 'closed':
        expect((await client.ended()).toString('hex'), `${text}: unexpected bytes`).toBe('');
        this.#forget(who, client);
        break;
      case 'drops':
        await client.drop();
        this.#forget(who, client);
        break;
      case 'quiet':
        await this.#quiet(client, text);
        break;
    }
  }

  async end(): Promise<void> {
    for (const [who, client] of this.#clients)
      if (this.#accepted.has(client)) await this.#quiet(client, `${who} at the end`);
  }

  destroy(): void {
    for (const client of this.#clients.values()) client.destroy();
  }

  /** An UNSUBSCRIBE is answered when everything before it was handled. */
  async #quiet(client: ProtocolConnection, text: string): Promise<void> {
    const isVersion5 = client.version === 5;
    client.send(bytesOf(isVersion5 ? 'a2 .. ffff 00 s"quiet"' : 'a2 .. ffff s"quiet"'));
    expect((await client.packet()).toString('hex'), `${text}: unexpected bytes`).toBe(
      isVersion5 ? 'b004ffff0011' : 'b002ffff',
    );
  }

  #forget(who: string, client: ProtocolConnection): void {
    client.destroy();
    this.#clients.delete(who);
  }
}

/** Plays a script against the broker at a port. */
async function expectExchange(port: number, script: string): Promise<void> {
  const play = new Play(port);
  try {
    for (const step of stepsOf(script)) await play.step(step);
    await play.end();
  } finally {
    play.destroy();
  }
}

/** One test for each case, against the broker at a port. */
export function protocolTests(port: () => number, cases: readonly ProtocolCase[]): void {
  test.each(cases)('%s', async (_name, script) => {
    await expectExchange(port(), script);
  });
}
