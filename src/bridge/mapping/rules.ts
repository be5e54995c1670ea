import type { BridgeRuleOptions, CodecConfig } from '../schema.ts';
import { codecOptions } from './codec-options.ts';
import { type CompiledRule, compileRule } from './rule.ts';
import { createSharedMemo } from './shared-memo.ts';

/** Compiles the rules of a configuration, which `checkRules` has found sound. */
export function compileRules(config: {
  readonly rules: readonly BridgeRuleOptions[];
  readonly codec: CodecConfig;
}): readonly CompiledRule[] {
  const codec = codecOptions(config.codec);
  const memo = createSharedMemo();
  return config.rules.map((rule) => compileRule(rule, codec, memo));
}
