import { hasOwnBroker, type Scenario } from '../scenario.ts';
import { connecting } from './connecting.ts';
import { exchanges } from './exchanges.ts';
import { floods } from './flooding.ts';
import { fuzzed } from './fuzz.ts';
import { http } from './http.ts';
import { identity } from './identity.ts';
import { memory } from './memory.ts';
import { nats } from './nats.ts';
import { passwords } from './passwords.ts';
import { retained } from './retained.ts';
import { slowly } from './slowly.ts';
import { subscribing } from './subscribing.ts';

const all: readonly Scenario[] = [
  ...subscribing,
  ...retained,
  ...floods,
  ...memory,
  ...slowly,
  ...connecting,
  ...identity,
  ...passwords,
  ...exchanges,
  ...http,
  ...nats,
  ...fuzzed,
];

/** Every attack of the suite, in the order in which they run: one broker serves those that can share it, and is started once. */
export const scenarios: readonly Scenario[] = [
  ...all.filter((scenario) => !hasOwnBroker(scenario)),
  ...all.filter(hasOwnBroker),
];
