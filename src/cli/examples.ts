import type { Command } from 'commander';

/** One for each command that does something; its help ends with it. */
export const examples: readonly string[] = [
  'viaduct serve --config viaduct.yaml --set log.level=debug',
  'viaduct config check viaduct.yaml',
  'viaduct config explain limits --config viaduct.yaml',
  'viaduct pub -t signal/hello -m "hello" -q 1',
  'viaduct sub -t "signal/#" --count 1',
  'viaduct topic sensors/kitchen/temperature --config viaduct.yaml',
  'viaduct passwd add passwd alice',
  'viaduct passwd remove passwd alice',
  'viaduct passwd list passwd',
  'viaduct passwd verify passwd alice',
  'viaduct ban add bans.json --client-id pump-7 --for 1h --reason "sends without end"',
  'viaduct ban remove bans.json --client-id pump-7',
  'viaduct ban list bans.json',
  'viaduct acl explain bob publish devices/bob/state --config viaduct.yaml',
  'viaduct pki init --organization "Example Ltd"',
  'viaduct pki status',
  'viaduct pki issue server broker.example.com --name IP:192.0.2.1 --out broker',
  'viaduct pki issue client pump-7 --out pump-7',
  'viaduct pki sign pump-7.csr --out pump-7.pem',
  'viaduct pki renew server',
  'viaduct pki revoke pump-7/pump-7.pem --reason key-compromise',
  'viaduct pki crl',
  'viaduct pki list --expiring 30d',
  'viaduct pki inspect pump-7/pump-7.pem',
  'viaduct pki export trust --format p12 --out trust.p12',
  'viaduct pki verify pump-7/pump-7.pem --purpose client --crl',
  'viaduct pki root export --out /media/usb',
  'viaduct pki root import intermediate-ca.pem',
  'viaduct pki token create --for pump-7 --expires 1d',
  'viaduct pki token list',
  'viaduct pki token revoke 1a2b3c4d',
  'viaduct pki enroll --server https://localhost:8084 --name pump-7 --token-file token --out pump-7',
  'viaduct store check',
  'viaduct store stats --json',
  'viaduct store export --output store.jsonl',
  'viaduct store import store.jsonl',
  'viaduct import mosquitto /etc/mosquitto/mosquitto.conf --out /etc/viaduct',
  'viaduct import emqx emqx.conf --acl acl.conf --users users.csv --out /etc/viaduct',
  'viaduct import nats /etc/nats-server.conf --out /etc/viaduct',
  'viaduct import aedes-cli aedes.json --credentials credentials.json --out /etc/viaduct',
  'viaduct doctor tls --url mqtts://broker.example.com:8883 --ca root-ca.pem',
  'viaduct doctor security --config viaduct.yaml',
  'viaduct completion bash',
  'viaduct version --json',
];

/** The command that a line calls, or undefined where the program does not have it. */
export function commandOf(program: Command, line: string): Command | undefined {
  const words = line.split(' ').slice(1);
  let command = program.commands.find((one) => one.name() === words[0]);
  for (const word of words.slice(1)) {
    if (command === undefined || command.commands.length === 0) break;
    command = command.commands.find((one) => one.name() === word);
  }
  return command;
}

/** The example of a command that does something. */
export const exampleOf = (command: Command): string | undefined => {
  let program = command;
  while (program.parent !== null) program = program.parent;
  return examples.find((line) => commandOf(program, line) === command);
};

/** Puts each example below the help of its command. */
export function addExamples(program: Command): void {
  for (const line of examples) commandOf(program, line)?.addHelpText('after', `\nExample: ${line}`);
}
