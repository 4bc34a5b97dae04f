/** The five subgraphs, by name: the only list of what a house is made of. */
import type { SubgraphName } from '../kernel/event.ts';
import type { SubgraphDefinition } from '../runtime/subgraph.ts';
import { audit } from '../subgraphs/audit/main.ts';
import { cutover } from '../subgraphs/cutover/main.ts';
import { inventory } from '../subgraphs/inventory/main.ts';
import { transfer } from '../subgraphs/transfer/main.ts';
import { validation } from '../subgraphs/validation/main.ts';

export const PARTS: Readonly<Record<SubgraphName, SubgraphDefinition>> = {
  inventory,
  transfer,
  validation,
  audit,
  cutover,
};

/** Where each part listens when it runs in a process of its own, unless the environment says otherwise. */
export const PART_PORTS: Readonly<Record<SubgraphName, number>> = {
  inventory: 4001,
  transfer: 4002,
  validation: 4003,
  audit: 4004,
  cutover: 4005,
};
