/** The four toy subgraphs, built. */
import type { FederatedSchema } from '../../../runtime/subgraph.ts';
import { buildAudit } from './audit.ts';
import { buildInventory, InventoryToy } from './inventory.ts';
import { buildTransfer, TransferToy } from './transfer.ts';
import { buildValidation, ValidationToy } from './validation.ts';

export type ToyName = 'inventory' | 'transfer' | 'validation' | 'audit';

export interface Toys {
  readonly inventory: InventoryToy;
  readonly transfer: TransferToy;
  readonly validation: ValidationToy;
}

export interface BuiltToys {
  readonly toys: Toys;
  readonly built: Readonly<Record<ToyName, FederatedSchema>>;
}

export async function buildToys(): Promise<BuiltToys> {
  const toys: Toys = { inventory: new InventoryToy(), transfer: new TransferToy(), validation: new ValidationToy() };
  return {
    toys,
    built: {
      inventory: await buildInventory(toys.inventory),
      transfer: await buildTransfer(toys.transfer),
      validation: await buildValidation(toys.validation),
      audit: await buildAudit(),
    },
  };
}
