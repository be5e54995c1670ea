import mqtt, { type MqttClient } from 'mqtt';
import type { PairOptions, PairReport } from './pair.ts';
import { starvedMs } from './process.ts';
import { maxWaitMs } from './verdict.ts';

const periodMs = 10;
const lastArrivalsMs = 30_000;

interface Sent {
  /** When it was due, whether or not anybody was ready for it. */
  readonly dueMs: number;
  /** When this process came to send it. */
  readonly sentMs: number;
  readonly starved: Starved;
}

/** Time without a processor since the start of a process, in milliseconds. */
interface Starved {
  readonly broker: number;
  readonly pair: number;
}

const now = (): number => performance.now();

/** The pair in its process: a publisher and a subscriber, QoS 0 and 1 in turn, 100 messages a second each. */
class Pair {
  readonly #options: PairOptions;
  readonly #open = new Map<string, Sent>();
  /** What went wrong, and when it was seen first. */
  readonly #faults = new Map<string, number>();
  #sent = 0;
  #arrivedInTime = 0;
  #worstMs = 0;
  #worstNetMs = 0;
  #worstAt = 0;
  #startMs = 0;
  #beginMs = 0;
  #ticks = 0;
  #isSending = true;
  #onEmpty: (() => void) | undefined;
  #sendDue = (): void => undefined;

  constructor(options: PairOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const subscriber = await this.#connect('subscriber');
    await subscriber.subscribeAsync({ 'pair/0': { qos: 0 }, 'pair/1': { qos: 1 } });
    subscriber.on('message', (_topic, payload) => this.#arrived(payload.toString()));
    const publisher = await this.#connect('publisher');
    this.#sendDue = () => this.#tick(publisher);
    this.#startMs = now();
    setInterval(this.#sendDue, periodMs);
  }

  begin(): void {
    this.#beginMs = now();
    this.#sent = 0;
    this.#arrivedInTime = 0;
    this.#worstMs = 0;
    this.#worstNetMs = 0;
    this.#worstAt = 0;
    this.#isSending = true;
  }

  async end(): Promise<PairReport> {
    this.#sendDue();
    this.#isSending = false;
    await this.#lastArrivals();
    for (const sent of this.#open.values()) this.#note(sent);
    const lost = this.#open.size;
    this.#open.clear();
    return {
      sent: this.#sent,
      arrived: this.#arrivedInTime,
      lost,
      worstMs: this.#worstMs,
      worstNetMs: this.#worstNetMs,
      faults: [...this.#faults.keys()],
      moments: [...this.#faults.values(), ...(this.#worstNetMs < maxWaitMs ? [] : [this.#worstAt])],
    };
  }

  async #connect(role: string): Promise<MqttClient> {
    const clientId = `pair-${role}`;
    const client = await mqtt.connectAsync(this.#options.url, {
      clientId,
      protocolVersion: 4,
      clean: role === 'publisher',
      reconnectPeriod: 0,
      keepalive: 60,
    });
    client.on('close', () => this.#fault(`the ${role} of the pair was disconnected ${this.#when()}`));
    client.on('error', ({ message }) => this.#fault(`the ${role} of the pair failed: ${message}`));
    return client;
  }

  #fault(text: string): void {
    if (!this.#faults.has(text)) this.#faults.set(text, Date.now());
  }

  #when(): string {
    return `at ${new Date().toISOString()}, ${((now() - this.#beginMs) / 1_000).toFixed(1)} s into the attack`;
  }

  /** Sends all that is due by now; a late timer does not make the waits shorter. */
  #tick(publisher: MqttClient): void {
    const starved = this.#starved();
    const sentMs = now();
    const due = Math.floor((sentMs - this.#startMs) / periodMs);
    for (; this.#ticks < due; this.#ticks++) {
      if (!this.#isSending) continue;
      for (const qos of [0, 1] as const) {
        const name = `${qos} ${this.#ticks}`;
        const dueMs = this.#startMs + (this.#ticks + 1) * periodMs;
        this.#open.set(name, { dueMs, sentMs, starved });
        this.#sent++;
        publisher.publish(`pair/${qos}`, name, { qos }, (error) => {
          if (error instanceof Error) this.#fault(`a publish of the pair failed: ${error.message}`);
        });
      }
    }
  }

  #arrived(name: string): void {
    const sent = this.#open.get(name);
    if (sent === undefined) return; // a message of a pair before this one, or one that came again
    this.#open.delete(name);
    this.#note(sent);
    const isOfThisAttack = sent.sentMs >= this.#beginMs;
    if (isOfThisAttack && (this.#isSending || this.#netWaitMs(sent) < maxWaitMs)) this.#arrivedInTime++;
    if (this.#open.size === 0) this.#onEmpty?.();
  }

  #note(sent: Sent): void {
    this.#worstMs = Math.max(this.#worstMs, now() - sent.dueMs);
    if (now() - sent.sentMs <= this.#worstNetMs) return; // the system is not asked for each message
    const netMs = this.#netWaitMs(sent);
    if (netMs <= this.#worstNetMs) return;
    this.#worstNetMs = netMs;
    this.#worstAt = Date.now();
  }

  /** Takes off what this machine did: the pair came late to send, or broker or pair were ready and had no processor. */
  #netWaitMs({ sentMs, starved }: Sent): number {
    const waitedMs = now() - sentMs;
    const { broker, pair } = this.#starved();
    // both may have waited at one time, so that only the longer one is certain
    return waitedMs - Math.max(broker - starved.broker, pair - starved.pair);
  }

  #lastArrivals(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
      AbortSignal.timeout(lastArrivalsMs).addEventListener('abort', () => resolve());
    });
  }

  #starved(): Starved {
    const { brokerPid } = this.#options;
    return { broker: brokerPid === undefined ? 0 : starvedMs(brokerPid), pair: starvedMs(process.pid) };
  }
}

const pair = new Pair(JSON.parse(process.argv[2] ?? '{}'));
process.on('disconnect', () => process.exit(1)); // the suite is gone
process.on('message', (command: string) => {
  if (command === 'begin') pair.begin();
  else void pair.end().then((report) => process.send?.(report));
});
await pair.start();
process.send?.('ready');
