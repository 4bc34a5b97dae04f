/** The receiver gives no id: what it said is the receipt, and can be read out of it wherever the receipt went. */
import { ConnectorError, type Acknowledgement, type Receipt } from '@waybill/connector-sdk';
import { createHash } from 'node:crypto';

const RECEIPT = /^(AA|CA):(accept|application):(accepted|missing):(MSH-10 #[0-9a-f]{12}):(\d{1,6}):[0-9a-f]{12}$/;

/** `sends` says how often it took; two parcels have two receipts. */
export function receiptOf(said: Acknowledgement, sends: number, parcelKey: string): Receipt {
  const parcel = createHash('sha256').update(parcelKey).digest('hex').slice(0, 12);
  return { targetId: [said.code, said.level, said.outcome, said.about, sends, parcel].join(':') };
}

/** Fails with ITEM_NOT_FOUND for what is no receipt of ours. */
export function acknowledgementIn(targetId: string): Acknowledgement {
  const [, code, level, outcome, about] = RECEIPT.exec(targetId) ?? [];
  if (code === undefined || about === undefined || (level !== 'accept' && level !== 'application')) {
    throw new ConnectorError('ITEM_NOT_FOUND', 'there is no such receipt of a receiver');
  }
  return { outcome: outcome === 'accepted' ? 'accepted' : 'missing', level, code, about };
}
