import type { Command } from 'commander';
import { type Ban, parseBan } from '../../auth/bans/schema.ts';
import { AppError } from '../../kernel/errors.ts';

export interface WhomOptions {
  readonly clientId?: string;
  readonly user?: string;
  readonly address?: string;
  readonly certificate?: string;
}

/** Whom a ban speaks of. */
export const addWhomOptions = (command: Command): Command =>
  command
    .option('--client-id <id>', 'a client id')
    .option('--user <name>', 'a user name')
    .option('--address <network>', 'an address or a network, e.g. 192.0.2.0/24')
    .option(
      '--certificate <certificate>',
      'a client certificate: its SHA-256 fingerprint, or its serial number and issuer, e.g. "4a0b of CN=Devices"',
    );

/** @param more when it ends, and why. @throws AppError usage */
export function banOf(
  { clientId, user, address, certificate }: WhomOptions,
  more: Pick<Ban, 'until' | 'reason'> = {},
): Ban {
  const [, serial, issuer] = /^([0-9a-fA-F:]+) of (.+)$/s.exec(certificate ?? '') ?? [];
  const ban = parseBan({
    clientId,
    user,
    address,
    certificate: serial === undefined ? certificate : { serial, issuer },
    ...more,
  });
  if (typeof ban === 'string') throw new AppError('usage', ban);
  return ban;
}
