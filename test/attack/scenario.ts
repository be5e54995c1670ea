import type { Attacker, ConnectOptions, RawAttacker, Traffic } from './attacker.ts';
import type { BrokerUnderAttack, Listener } from './broker.ts';

/** What a scenario works with. Everything it opens is closed after it. */
export interface Attack {
  readonly broker: BrokerUnderAttack;
  /** Less of everything, so that the whole suite takes a minute. */
  readonly isShort: boolean;
  /** Aborted when its time is up; what it opened is closed then, so that all that waits goes on. */
  readonly signal: AbortSignal;
  readonly traffic: Traffic;
  /** Tells who plays it what this machine does not allow. */
  say(text: string): void;
  /** The `short` or the `full` amount. */
  amount(full: number, short: number): number;
  /** A connection that has sent nothing yet; undefined when it is refused. */
  open(listener?: Listener): Promise<RawAttacker | undefined>;
  /** The same without the TLS handshake, whatever the listener speaks. */
  openPlain(listener: Listener): Promise<RawAttacker | undefined>;
  /** An accepted client; undefined when it is refused. */
  connect(options: ConnectOptions, listener?: Listener): Promise<Attacker | undefined>;
  /** The same with a client certificate of the broker's own CA. */
  connectWithCertificate(options: ConnectOptions): Promise<Attacker | undefined>;
  /** What a CONNECT is answered with; undefined where the connection ends without an answer. It is closed then. */
  codeOf(options: ConnectOptions): Promise<number | undefined>;
  /** The same as `connect` of many, some at one time; those that are refused are left out. */
  connectAll(count: number, options: (index: number) => ConnectOptions): Promise<Attacker[]>;
  /** So many CONNECTs with one client id in the same moment. @returns undefined for each that is refused */
  connectAtOnce(count: number, options: ConnectOptions): Promise<(Attacker | undefined)[]>;
  pause(ms: number): Promise<void>;
}

export interface Scenario {
  readonly name: string;
  /** What the attacker does, in one line. */
  readonly title: string;
  /** Configuration of the broker beside the default of the suite; only this build can have it. */
  readonly config?: object;
  /** Starts a program that the broker works with. */
  readonly needs?: () => Promise<AsyncDisposable & { readonly config: object }>;
  /** Whether only this build can be attacked so: the scenario needs TLS, http or its own configuration. */
  readonly isOurs?: boolean;
  /** Most memory that the process may take, in MiB. */
  readonly memoryMiB: number;
  /** Time for it in the short and in the full form. */
  readonly seconds: { readonly short: number; readonly full: number };
  /** Neither leaves its broker as it was, nor stands what others leave behind: it shares none. */
  readonly isAlone?: true;
  /** False where it would disturb others in the long form: it changes the broker and not only its load. */
  readonly isMixed?: false;
  /** Why it does not stand in the short form yet, or never does. */
  readonly notShort?: string;
  /** @returns what the broker did wrong besides delays, losses and memory; nothing when all is well */
  run(attack: Attack): Promise<readonly string[]>;
}

export const hasOwnBroker = ({ isAlone, config, needs }: Scenario): boolean =>
  isAlone === true || config !== undefined || needs !== undefined;
