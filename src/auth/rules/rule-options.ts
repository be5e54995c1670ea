import type { Qos } from '../../plane/message.ts';
import type { FieldName } from '../certificate-field.ts';

export const actions = ['publish', 'subscribe', 'receive'] as const;
export type Action = (typeof actions)[number];

type Names = string | readonly string[];
type Claim = string | number | boolean;

/** Of whom a rule speaks, as it is written. */
export interface ConditionOptions {
  readonly user?: Names | undefined;
  readonly group?: Names | undefined;
  readonly clientId?: Names | undefined;
  readonly certificate?: { readonly [field in FieldName]?: Names | undefined } | undefined;
  readonly claim?: Readonly<Record<string, Claim | readonly Claim[]>> | undefined;
  readonly listener?: Names | undefined;
  readonly address?: Names | undefined;
}

/** One of `access.rules`. */
export interface RuleOptions extends ConditionOptions {
  readonly allow?: 'all' | Action | readonly Action[] | undefined;
  readonly deny?: 'all' | Action | readonly Action[] | undefined;
  readonly topics?: readonly string[] | undefined;
  readonly qos?: readonly Qos[] | undefined;
  readonly retain?: boolean | undefined;
}

/** The part of `access` that says who may do what. */
export interface RulesOptions {
  readonly rules: readonly RuleOptions[];
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly denied: {
    readonly before5: 'drop' | 'disconnect';
    readonly subscription: 'not-authorized' | 'unspecified-error';
  };
}

/** Rules, and the settings of who is asked where they say nothing. */
export interface AuthorizerOptions extends RulesOptions {
  readonly http?: { readonly authorize?: object | undefined };
  readonly nats?: { readonly authorize?: object | undefined };
}

/** The listener that stands for the bridge in rules: NATS has one door to us, whoever stands behind it. */
export const bridgeListener = 'nats';

/** And the one that stands for NATS clients of the embedded hub. */
export const hubListener = 'hub';

const namesHub = (name: string): boolean => name === hubListener;

/**
 * Whether a rule is about clients of the hub: it has to name them. What a subject stands for there need not be the topic that
 * MQTT knows it by, as rules of the bridge may put it elsewhere: a rule for everybody would seem to close what it leaves open.
 */
export const isForHub = ({ listener = [] }: ConditionOptions): boolean => [listener].flat().some(namesHub);

/** Whether it is about others too. */
export const isForOthers = ({ listener }: ConditionOptions): boolean =>
  listener === undefined || ![listener].flat().every(namesHub);
