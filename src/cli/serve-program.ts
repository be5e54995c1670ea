import { Command } from 'commander';
import { version } from '../app/version.ts';
import type { Io } from './io.ts';
import { addServeCommand } from './serve.ts';

/** The program with its first command alone: the broker starts without loading the others. */
export function serveProgram(io: Io): Command {
  const program = new Command('viaduct')
    .description(
      'An MQTT-over-TLS broker that is also a bridge to NATS. Without a command it runs the broker: viaduct serve.',
    )
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'explain the command')
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .exitOverride()
    .showHelpAfterError('(--help explains the command)');
  addServeCommand(program, io);
  return program;
}
