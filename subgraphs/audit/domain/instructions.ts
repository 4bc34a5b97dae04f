/** VERIFY.txt: how a stranger checks a pack with nothing of ours. */
import { DECLARATION_PATH, ENTRIES_FOLDER, MANIFEST_PATH, SEAL_KEY_PATH, SIGNATURE_PATH } from './pack-paths.ts';
import { LOG_KEY_PATH, SCRIPT_PATH, TAG_MANIFEST_PATH } from './pack-paths.ts';

export interface InstructionFacts {
  readonly pack: string;
  /** The first 16 hex digits of the SHA-256 of the sealer's SubjectPublicKeyInfo. */
  readonly sealKeyId: string;
  readonly logOrigin: string;
  /** The position of some entry in the pack, for the example; undefined when there is none. */
  readonly example: string | undefined;
}

export function instructionsText(facts: InstructionFacts): string {
  const entry = facts.example ?? `${ENTRIES_FOLDER}NNNNNNNN`;
  return `How to check this evidence pack, ${facts.pack}

You need sh, coreutils and openssl (3.0 or later); no network, and nothing from those who made the pack.
Run every command in this folder, the one that holds ${DECLARATION_PATH}.

1. Nothing was changed. Each command must end without a word:

     sha256sum -c --quiet --strict ${MANIFEST_PATH}
     sha256sum -c --quiet --strict ${TAG_MANIFEST_PATH}

2. Nothing was added. This must print nothing:

     cat ${MANIFEST_PATH} ${TAG_MANIFEST_PATH} | cut -c67- | sort > /tmp/listed
     find . ! -type d | cut -c3- | grep -v -x -e ${TAG_MANIFEST_PATH} -e ${SIGNATURE_PATH} |
       sort | diff /tmp/listed -

3. The seal is good:

     openssl pkeyutl -verify -pubin -inkey ${SEAL_KEY_PATH} -rawin \\
       -in ${TAG_MANIFEST_PATH} -sigfile ${SIGNATURE_PATH}

4. The seal is theirs. A pack that somebody made up and sealed himself passes 1 to 3, so compare the key with the one
   you were given by other means. Its key id is ${facts.sealKeyId}; this computes it:

     openssl pkey -pubin -in ${SEAL_KEY_PATH} -outform DER | sha256sum | cut -c1-16

5. An act was recorded when they say. For each entry in ${ENTRIES_FOLDER}, for example:

     sh ${SCRIPT_PATH} ${LOG_KEY_PATH} \\
       ${entry}.json ${entry}.tlog-proof

   It says INCLUDED when the entry is in the append-only log ${facts.logOrigin}.
   The whole log lies in data/audit as C2SP tlog-tiles, so any such verifier can derive its root again.

All of this at once, and every count, statement and proof besides, is checked by: waybill verify .
`;
}
