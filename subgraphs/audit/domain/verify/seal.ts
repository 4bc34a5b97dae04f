/** The seal: the signature over the tag manifest, which covers every other file. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { keyIdOf } from '../../../../kernel/signature.ts';
import { SEAL_KEY_PATH, SIGNATURE_PATH, SIGNATURES_FOLDER, TAG_MANIFEST_PATH } from '../pack-paths.ts';
import type { OpenPack } from './open-pack.ts';

const SIGNATURE_BYTES = 64;

export interface SealKey {
  readonly publicKey: KeyObject;
  readonly keyId: string;
}

/** Checks the signature; gives the key that the pack was to be signed by, when there is one. */
export function verifySeal(pack: OpenPack, trustedKey: string | undefined): SealKey | undefined {
  for (const path of pack.under(SIGNATURES_FOLDER)) {
    if (path !== SIGNATURE_PATH) pack.wrong(path, 'UNLISTED', 'is no signature of this pack');
  }
  const inside = readKey(pack.text(SEAL_KEY_PATH));
  if (inside === undefined) pack.wrong(SEAL_KEY_PATH, 'MALFORMED', 'is not an Ed25519 public key');
  const key = trustedKey === undefined ? inside : readKey(trustedKey);
  if (trustedKey !== undefined && (key === undefined || key.keyId !== inside?.keyId)) {
    pack.wrong(SEAL_KEY_PATH, 'KEY_NOT_TRUSTED', 'is not the key you trust');
  }
  const manifest = pack.bytes(TAG_MANIFEST_PATH);
  const signature = pack.bytes(SIGNATURE_PATH);
  if (key === undefined || manifest === undefined || signature === undefined) return key;
  if (signature.length === SIGNATURE_BYTES && verify(null, manifest, key.publicKey, signature)) return key;
  // Which of the two was changed cannot be told from the signature alone.
  const message = 'the signature does not hold: the signature or the tag manifest was changed';
  pack.wrong(SIGNATURE_PATH, 'SIGNATURE_WRONG', message);
  pack.wrong(TAG_MANIFEST_PATH, 'SIGNATURE_WRONG', message);
  return key;
}

function readKey(pem: string | undefined): SealKey | undefined {
  if (pem === undefined) return undefined;
  try {
    const publicKey = createPublicKey(pem);
    return publicKey.asymmetricKeyType === 'ed25519' ? { publicKey, keyId: keyIdOf(publicKey) } : undefined;
  } catch {
    return undefined;
  }
}
