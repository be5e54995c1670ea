import type { ReloadWorld, Sections } from '../reload-world.ts';

/** How one sees that a changed setting is in effect. */
export interface Probe {
  /** Sections that differ from those of the start; the setting is among them. */
  readonly change: Sections;
  /** Sections before the change, where the setting means nothing without another. */
  readonly from?: Sections;
  /** What can be seen of it: something else before the change than after. */
  readonly see: (world: ReloadWorld) => unknown;
  /** What is to be seen after the change. */
  readonly is: unknown;
  /** Where what is seen before would take its time, as a timeout of ten seconds does. */
  readonly seenAfterOnly?: true;
}
export type Probes = Readonly<Record<string, Probe>>;
