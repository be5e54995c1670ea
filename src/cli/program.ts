import { Command } from 'commander';
import { version } from '../app/version.ts';
import { commands } from './commands.ts';
import { addExamples } from './examples.ts';
import type { Io } from './io.ts';

/** @param names the commands that are wanted; left out: all */
export async function buildProgram(io: Io, names: Iterable<string> = commands.keys()): Promise<Command> {
  const program = new Command('viaduct')
    .description(
      'An MQTT-over-TLS broker that is also a bridge to NATS. Without a command it runs the broker: viaduct serve.',
    )
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'explain the command')
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .exitOverride()
    .showHelpAfterError('(--help explains the command)');
  for (const name of names) (await commands.get(name)?.())?.(program, io);
  addExamples(program);
  return program;
}
