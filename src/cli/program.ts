import type { Command } from 'commander';
import { addAclCommand } from './acl.ts';
import { addBanCommand } from './ban.ts';
import { addConfigCheckCommand } from './config-check.ts';
import { addConfigExplainCommand } from './config-explain.ts';
import { addDoctorCommand } from './doctor.ts';
import { addImportCommand } from './import.ts';
import type { Io } from './io.ts';
import { addPasswdCommand } from './passwd.ts';
import { addPkiCommand } from './pki.ts';
import { addPubCommand } from './pub.ts';
import { serveProgram } from './serve-program.ts';
import { addStoreCommand } from './store.ts';
import { addSubCommand } from './sub.ts';
import { addTopicCommand } from './topic.ts';

/** Puts all commands together. Each file of this folder adds one. */
export function buildProgram(io: Io): Command {
  const program = serveProgram(io);
  const config = program.command('config').description('check and explain the configuration');
  addConfigCheckCommand(config, io);
  addConfigExplainCommand(config, io);
  addPubCommand(program, io);
  addSubCommand(program, io);
  addTopicCommand(program, io);
  addPasswdCommand(program, io);
  addBanCommand(program, io);
  addAclCommand(program, io);
  addPkiCommand(program, io);
  addStoreCommand(program, io);
  addImportCommand(program, io);
  addDoctorCommand(program, io);
  return program;
}
