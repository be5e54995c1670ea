import { expect, test } from 'vitest';
import { withoutUserInfo } from './console-facts.ts';

test.each([
  ['nats://127.0.0.1:4222', 'nats://127.0.0.1:4222'],
  ['nats://user:pass@host:4222', 'nats://host:4222'],
  ['tls://token@host', 'tls://host'],
  ['nats://user:p@ss@host:4222', 'nats://host:4222'],
  ['nats://[::1]:4222', 'nats://[::1]:4222'],
  ['', ''],
])('credentials of "%s" are not shown', (url, shown) => expect(withoutUserInfo(url)).toBe(shown));
