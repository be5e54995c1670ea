import type { ConfigPath } from '../path.ts';
import type { Config } from '../schema.ts';

/**
 * How much a relaxation gives away. `grave`: to whoever reaches the port or the machine; `warning`: to somebody who has
 * something already, or more than is needed; `note`: nothing by itself, and worth knowing.
 */
export const grades = ['grave', 'warning', 'note'] as const;
export type Grade = (typeof grades)[number];

/** One relaxation that a configuration has. */
export interface SecurityFinding {
  readonly path: ConfigPath;
  readonly grade: Grade;
  /** What it gives away, as a sentence without its end. */
  readonly meaning: string;
  /** What to write instead. */
  readonly advice: string;
}

export type JudgedListener = Config['listeners'][number];

/** Where a value stands. */
export interface JudgedPlace {
  readonly config: Config;
  /** Of settings of a listener. */
  readonly listener: JudgedListener | undefined;
}

/** One way in which one setting can be laxer than it might be. */
export interface Relaxation {
  /** As the reference has it: `listeners[].tls`. */
  readonly path: string;
  readonly when: (value: unknown, place: JudgedPlace) => boolean;
  readonly grade: Grade | ((place: JudgedPlace) => Grade);
  readonly meaning: string;
  readonly advice: string;
}

/** One rule that more than one setting is needed for. */
export interface SecurityRule {
  /** The settings that it looks at, as the reference has them. */
  readonly judges: readonly string[];
  readonly find: (config: Config) => readonly SecurityFinding[];
}
