import { expect, test } from 'vitest';
import { bridgeSchema } from '../schema.ts';
import { explainSubject, explainTopic } from './explain.ts';
import { compileRules } from './rules.ts';

const rules = compileRules(
  bridgeSchema.parse({
    rules: [
      { name: 'signal', topic: 'signal/#', subject: 'signal.>' },
      { name: 'all', topic: '#', subject: 'mqtt.>', direction: 'to-nats' },
      { name: 'jobs', topic: 'jobs/{id}', subject: 'work.{id}', direction: 'from-nats' },
    ],
  }),
);
const whys = (explanation: { rules: readonly { rule: string; why: string }[] }) =>
  explanation.rules.map(({ rule, why }) => `${rule}: ${why}`);

test('a topic is explained by its subject and by what each rule makes of it', () => {
  const explanation = explainTopic(rules, 'signal/Field Devices/x');
  expect(explanation.codec).toEqual({ kind: 'mapped', value: 'signal.Field/x20Devices.x' });
  expect(explanation.rules[1]).toMatchObject({
    direction: 'to-nats',
    topic: '#',
    subject: 'mqtt.>',
    result: { kind: 'mapped', value: 'mqtt.signal.Field/x20Devices.x' },
  });
  expect(whys(explanation)).toEqual([
    'signal: goes to NATS as subject "signal.Field/x20Devices.x"',
    'all: goes to NATS as subject "mqtt.signal.Field/x20Devices.x"',
    'jobs: takes messages from NATS only',
  ]);
});

test('a topic of the broker itself is explained by the rule for wildcards (MQTT-4.7.2-1)', () => {
  const explanation = explainTopic(rules, '$SYS/uptime');
  expect(explanation.codec).toMatchObject({ kind: 'unmappable', reason: 'reserved-subject' });
  expect(whys(explanation).slice(0, 2)).toEqual([
    'signal: topic pattern "signal/#" does not match',
    'all: topic pattern "#" does not match; wildcards never take topics that start with "$"',
  ]);
});

test('a subject is explained by its topic and by what each rule makes of it', () => {
  expect(explainSubject(rules, 'work.7').codec).toEqual({ kind: 'mapped', value: 'work/7' });
  expect(whys(explainSubject(rules, 'work.7'))).toEqual([
    'signal: subject pattern "signal.>" does not match',
    'all: sends messages to NATS only',
    'jobs: goes to MQTT as topic "jobs/7"',
  ]);
  expect(whys(explainSubject(rules, 'signal.a+b'))[0]).toMatch(/^signal: matches, but is dropped: .*contains \+ or #/);
});
