import { bridgeListener, hubListener, type RulesOptions } from './rules/rule-options.ts';

const reserved: ReadonlyMap<string, string> = new Map([
  [bridgeListener, 'the bridge'],
  [hubListener, 'the embedded hub'],
]);

/** Something wrong between settings, by its path in the configuration. */
interface RuleFinding {
  readonly path: (string | number)[];
  readonly message: string;
}

/**
 * Finds rules for listeners that there are not, and listeners that would have the rights of the bridge or of the hub.
 * @param hasHubUsers the embedded hub asks who its clients are
 */
export function checkRuleListeners(
  { rules }: Pick<RulesOptions, 'rules'>,
  listeners: readonly { readonly name: string }[],
  hasHubUsers: boolean,
): RuleFinding[] {
  const known = [...listeners.map(({ name }) => name), bridgeListener, ...(hasHubUsers ? [hubListener] : [])];
  const taken = listeners.flatMap(({ name }, index) => {
    const whom = reserved.get(name);
    if (whom === undefined) return [];
    const message = `"${name}" stands for ${whom} in access.rules, and its clients would have the rights of it; choose another name`;
    return [{ path: ['listeners', index, 'name'], message }];
  });
  const unknown = rules.flatMap(({ listener = [] }, index) =>
    [listener]
      .flat()
      .filter((name) => !known.includes(name))
      .map((name) => ({
        path: ['access', 'rules', index, 'listener'],
        message:
          name === hubListener
            ? 'the embedded hub asks nobody who he is; set nats.hub.authentication, and leave nats.servers out'
            : `no listener has the name "${name}"; there are ${known.join(', ')}`,
      })),
  );
  return [...taken, ...unknown];
}
