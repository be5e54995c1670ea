import { Argument, type Command } from 'commander';
import { type Io, printLine } from './io.ts';

const shells = ['bash', 'zsh'] as const;

/** `completion SHELL`: a script with which a shell completes commands, options and their choices. */
export function addCompletionCommand(program: Command, io: Io): void {
  program
    .command('completion')
    .description('print what lets a shell complete commands and options')
    .addArgument(new Argument('<shell>', 'evaluate it in ~/.bashrc or ~/.zshrc').choices(shells))
    .action((shell: (typeof shells)[number]) => printLine(io.stdout, scripts[shell](placesOf(program))));
}

/** Where a word may stand, and the words that may stand there. */
interface Place {
  /** The commands up to there, or those and an option that has choices. */
  readonly before: string;
  readonly words: readonly string[];
}

/** Of a command, all below it, and their options with choices. */
function placesOf(command: Command, before = command.name()): readonly Place[] {
  const { options, commands, registeredArguments } = command;
  const flags = options.flatMap(({ short, long }) => [short, long]).filter((flag) => flag !== undefined);
  const choices = registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const names = commands.map((one) => one.name());
  return [
    { before, words: [...names, ...choices, ...flags, '--help'] },
    ...options.flatMap(({ short, long, argChoices }) =>
      argChoices === undefined
        ? []
        : [short, long].flatMap((flag) =>
            flag === undefined ? [] : [{ before: `${before} ${flag}`, words: argChoices }],
          ),
    ),
    ...commands.flatMap((one) => placesOf(one, `${before} ${one.name()}`)),
  ];
}

const isCommand = ({ before }: Place): boolean => !before.includes(' -');

/** In both shells: finds what may stand after what is typed. All of it is made of names, without anything that a shell would read. */
const body = (places: readonly Place[], typed: string, last: string): string => `  local at=viaduct word found=
  for word in ${typed}; do
    case "$at $word" in
      ${places
        .filter((place) => isCommand(place) && place.before !== 'viaduct')
        .map(({ before }) => `"${before}"`)
        .join('|')}) at="$at $word" ;;
    esac
  done
  case "$at ${last}" in
${places
  .filter((place) => !isCommand(place))
  .map(({ before, words }) => `    "${before}") found="${words.join(' ')}" ;;`)
  .join('\n')}
  esac
  [ -n "$found" ] || case "$at" in
${places
  .filter(isCommand)
  .map(({ before, words }) => `    "${before}") found="${words.join(' ')}" ;;`)
  .join('\n')}
  esac`;

const scripts = {
  bash: (places: readonly Place[]) => `_viaduct() {
${body(places, '"${COMP_WORDS[@]:1:COMP_CWORD-1}"', '${COMP_WORDS[COMP_CWORD-1]}')}
  COMPREPLY=($(compgen -W "$found" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _viaduct viaduct`,
  zsh: (places: readonly Place[]) => `_viaduct() {
  local -a typed=("\${(@)words[2,CURRENT-1]}")
  local last="\${words[CURRENT-1]}"
${body(places, '"${typed[@]}"', '$last')}
  compadd -- \${=found} || _files
}
compdef _viaduct viaduct`,
};
