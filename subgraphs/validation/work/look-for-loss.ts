/** Counts what an original states, in its own format, for what the lineage makes of it to be held against. */
import type { Format } from '../../../records/format.ts';
import { readClinicalDocument } from '../../../records/ccda/tree.ts';
import { readFhir } from '../../../records/fhir/read.ts';
import { Hl7Message } from '../../../records/hl7v2/message.ts';
import { splitHl7 } from '../../../records/hl7v2/split.ts';
import { ItemReading, type ItemBytes } from '../../../records/item-bytes.ts';
import { LossFacts } from '../checks/loss-facts.ts';
import { addMessage, factsOfDocument } from '../checks/loss-in-source.ts';
import { membersOf } from '../checks/resource.ts';

/** Undefined for formats whose statements nothing names. */
export async function factsOfOriginal(format: Format, path: string, bytes: ItemBytes): Promise<LossFacts | undefined> {
  switch (format) {
    case 'fhir':
      return ofResources(path, bytes);
    case 'ccda': {
      const read = await readClinicalDocument(new ItemReading(bytes));
      return 'problem' in read ? undefined : factsOfDocument(read.root);
    }
    case 'hl7v2':
      return ofMessages(bytes);
    case 'delimited':
    case 'document':
    case 'bytes':
      return undefined;
    default:
      return format satisfies never;
  }
}

async function ofResources(path: string, bytes: ItemBytes): Promise<LossFacts> {
  const facts = new LossFacts();
  for await (const read of readFhir(path, new ItemReading(bytes))) {
    if (read.kind !== 'problem') facts.addResource(membersOf(read.resource));
  }
  return facts;
}

async function ofMessages(bytes: ItemBytes): Promise<LossFacts> {
  const facts = new LossFacts();
  for await (const unit of splitHl7(new ItemReading(bytes))) {
    const message = unit.kind !== 'MSH' || unit.cut ? undefined : Hl7Message.read(unit.bytes);
    if (message !== undefined) addMessage(facts, message);
  }
  return facts;
}
