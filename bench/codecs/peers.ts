/** Other parsers of HL7 v2, as far as they are asked here; undefined where one is not installed. */

interface MedplumField {
  getComponent(component: number): string;
  toString(): string;
}

export interface MedplumMessage {
  readonly segments: readonly { readonly fields: readonly MedplumField[] }[];
  getSegment(id: string): { getField(field: number): MedplumField | undefined } | undefined;
  toString(): string;
}

export type Medplum = { readonly Hl7Message: { parse(text: string): MedplumMessage } };

interface ClientNode {
  toString(): string;
  forEach(each: (node: ClientNode) => void): void;
}

export interface ClientMessage extends ClientNode {
  get(path: string): ClientNode;
}

export type Client = { readonly Message: new (options: { readonly text: string }) => ClientMessage };

export const medplum = await installed<Medplum>('@medplum/core');
export const client = await installed<Client>('node-hl7-client');

async function installed<Module>(name: string): Promise<Module | undefined> {
  try {
    return (await import(name)) as Module;
  } catch {
    process.stderr.write(`${name} is not installed and is left out\n`);
    return undefined;
  }
}
