import { bridgeListener, type RulesOptions } from './rules/rule-options.ts';

/** Something wrong between settings, by its path in the configuration. */
interface RuleFinding {
  readonly path: (string | number)[];
  readonly message: string;
}

/** Finds rules for listeners that there are not, and listeners that would have the rights of the bridge. */
export function checkRuleListeners(
  { rules }: Pick<RulesOptions, 'rules'>,
  listeners: readonly { readonly name: string }[],
): RuleFinding[] {
  const known = [...listeners.map(({ name }) => name), bridgeListener];
  const taken = listeners.flatMap(({ name }, index) =>
    name === bridgeListener
      ? [
          {
            path: ['listeners', index, 'name'],
            message: `"${bridgeListener}" stands for the bridge in access.rules, and its clients would have the rights of the bridge; choose another name`,
          },
        ]
      : [],
  );
  const unknown = rules.flatMap(({ listener = [] }, index) =>
    [listener]
      .flat()
      .filter((name) => !known.includes(name))
      .map((name) => ({
        path: ['access', 'rules', index, 'listener'],
        message: `no listener has the name "${name}"; there are ${known.join(', ')}`,
      })),
  );
  return [...taken, ...unknown];
}
