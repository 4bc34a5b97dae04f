/** Bytes in flight: digested between the source and the target, and never more of them than the manifest promises. */
import { RunningDigest, type Sha256 } from '../../../kernel/digest.ts';
import { Fault } from '../../../kernel/fault.ts';
import { DIGEST_MISMATCH_IN_FLIGHT } from '../domain/attempt.ts';

export interface Promised {
  readonly itemId: string;
  readonly sizeBytes: number;
  readonly sha256: Sha256;
}

export class InFlight {
  /** Whether the source, not the target, is why a stream broke. */
  hasSourceBroken = false;
  #hasEnded = false;
  readonly #digest = new RunningDigest();
  readonly #promised: Promised;

  constructor(promised: Promised) {
    this.#promised = promised;
  }

  /** Yields what `bytes` yields; fails with DIGEST_MISMATCH_IN_FLIGHT once it is more than was promised. */
  async *through(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of bytes) {
        this.#digest.update(chunk);
        if (this.#digest.sizeBytes > this.#promised.sizeBytes) throw mismatch(this.#promised);
        yield chunk;
      }
      this.#hasEnded = true;
    } catch (error) {
      this.hasSourceBroken = true;
      throw error;
    }
  }

  /** The digest of all that the source sent; null unless it came to its end. */
  get seen(): Sha256 | null {
    return this.#hasEnded ? this.#digest.value() : null;
  }

  /** Whether the source sent everything it had, and it was something else than the manifest says. */
  get isOther(): boolean {
    return this.#hasEnded && this.seen !== this.#promised.sha256;
  }

  /** The digest of what passed. Fails with DIGEST_MISMATCH_IN_FLIGHT when it is not the manifest's. */
  verified(): Sha256 {
    const value = this.#digest.value();
    if (value !== this.#promised.sha256) throw mismatch(this.#promised);
    return value;
  }
}

function mismatch({ itemId }: Promised): Fault {
  return new Fault({
    code: DIGEST_MISMATCH_IN_FLIGHT,
    retry: 'permanent',
    message: 'the source sent other bytes than those in the sealed manifest; nothing of them was committed',
    subject: itemId,
  });
}
