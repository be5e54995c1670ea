/** Environment variables that set the configuration begin with this. */
export const environmentPrefix = 'VIADUCT_';

/** Variables with the prefix that are no setting, and what they are for. */
export const otherVariables: ReadonlyMap<string, string> = new Map([
  ['VIADUCT_CONFIG', 'Path of the configuration file, where `--config` is not given.'],
  [
    'VIADUCT_NODE',
    'The Node that the npm commands of a clone run on: `system`, the one that is there, or a major version such as `24`; left out, the pinned one or a later one that is there.',
  ],
]);

/** What Kubernetes puts into every container beside a service called `viaduct`. */
export const isServiceLink = (name: string): boolean =>
  /^VIADUCT_(SERVICE_(HOST|PORT)(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/.test(name);
