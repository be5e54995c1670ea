import { expect, test } from 'vitest';
import { ClientRights } from './client-rights.ts';
import type { HubRights } from './guard.ts';
import type { Publication } from './parser.ts';

function publicationOf(subject: string): Publication {
  const buffer = Buffer.from(subject, 'latin1');
  const [start, end] = [0, buffer.length];
  return {
    buffer,
    subjectStart: start,
    subjectEnd: end,
    replyStart: end,
    replyEnd: end,
    tailStart: end,
    headerBytes: -1,
    payloadStart: end,
    payloadEnd: end,
  };
}

/** @param allowed subjects @param asked takes each that is asked for */
const rightsOf = (allowed: string[], asked: string[], more: Partial<HubRights> = {}): HubRights => {
  const may = (subject: string): boolean => {
    asked.push(subject);
    return allowed.includes(subject);
  };
  return {
    isLimited: true,
    mayPublish: may,
    maySubscribe: may,
    mayReceive: undefined,
    whyNot: () => undefined,
    ...more,
  };
};

test('what may be published is asked once until the rules are others, and what may not each time', () => {
  const [guard, asked] = [{ generation: 0 }, [] as string[]];
  const rights = new ClientRights(guard, rightsOf(['a', 'ä'], asked));
  const problemOf = (subject: string) => rights.publishProblem(publicationOf(subject));
  for (let count = 0; count < 3; count += 1) {
    expect(problemOf('a')).toBeUndefined();
    expect(problemOf('b')).toBe('Permissions Violation for Publish to "b"');
  }
  expect(asked).toEqual(['a', 'b', 'b', 'b']);
  guard.generation += 1;
  expect(problemOf('a')).toBeUndefined();
  expect(asked.at(-1)).toBe('a');
  expect(problemOf('\u00c3\u00a4')).toBeUndefined();
  expect(problemOf('\u00e4')).toBe('Permissions Violation for Publish to "\u00e4"'); // no UTF-8
});

test('a wildcard in front does not stand for $ in a rule, so that it brings none [MQTT-4.7.2-1]', () => {
  const rights = new ClientRights({ generation: 0 }, rightsOf([], []));
  const bars = (subscription: string, subject: string) => rights.barOf(subscription)?.(publicationOf(subject));
  expect([bars('>', '$SYS.x'), bars('*.x', '$SYS.x'), bars('>', 'a.$x'), bars('$SYS.>', '$SYS.x')]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test('what may not be received is kept back, and nothing is where there are no rules', () => {
  const mayReceive = (subject: string) => subject !== 'a.late';
  const limited = new ClientRights({ generation: 0 }, rightsOf([], [], { mayReceive }));
  const bars = limited.barOf('a.>');
  expect([bars?.(publicationOf('a.late')), bars?.(publicationOf('a.b')), bars?.(publicationOf('a.late'))]).toEqual([
    true,
    false,
    true,
  ]);
  const open = new ClientRights({ generation: 0 }, rightsOf([], [], { isLimited: false }));
  expect(open.barOf('>')).toBeUndefined();
});
