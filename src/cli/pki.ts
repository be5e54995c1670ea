import type { Command } from 'commander';
import type { Io } from './io.ts';
import { addEnrollCommand } from './pki/enroll.ts';
import { addExportCommand } from './pki/export.ts';
import { addInitCommand } from './pki/init.ts';
import { addInspectCommand } from './pki/inspect.ts';
import { addIssueCommand } from './pki/issue.ts';
import { addListCommand } from './pki/list.ts';
import { addRenewCommand } from './pki/renew.ts';
import { addCrlCommand, addRevokeCommand } from './pki/revoke.ts';
import { addRootCommand } from './pki/root.ts';
import { addSignCommand } from './pki/sign.ts';
import { addStatusCommand } from './pki/status.ts';
import { addTokenCommand } from './pki/token.ts';
import { addVerifyCommand } from './pki/verify.ts';

/** `pki`: the broker's own certificate authority. */
export function addPkiCommand(program: Command, io: Io): void {
  const pki = program
    .command('pki')
    .description('the certificate authority: issue, renew, revoke and check certificates');
  addInitCommand(pki, io);
  addStatusCommand(pki, io);
  addIssueCommand(pki, io);
  addSignCommand(pki, io);
  addRenewCommand(pki, io);
  addRevokeCommand(pki, io);
  addCrlCommand(pki, io);
  addListCommand(pki, io);
  addInspectCommand(pki, io);
  addExportCommand(pki, io);
  addVerifyCommand(pki, io);
  addRootCommand(pki, io);
  addTokenCommand(pki, io);
  addEnrollCommand(pki, io);
}
