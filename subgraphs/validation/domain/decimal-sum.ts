/** Sums of decimals, exact: what floating point makes of a year of charges is another number. */

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d{1,30}))?$/;

export class DecimalSum {
  #units = 0n;
  #places = 0;

  /** Adds what a decimal text says, so many times; false where it is none. */
  add(text: string, times = 1): boolean {
    const [, sign, whole, fraction = ''] = DECIMAL.exec(text) ?? [];
    if (whole === undefined) return false;
    const places = Math.max(this.#places, fraction.length);
    const units = BigInt(`${sign}${whole}${fraction.padEnd(places, '0')}`);
    this.#units = this.#units * 10n ** BigInt(places - this.#places) + units * BigInt(times);
    this.#places = places;
    return true;
  }

  /** With as many places as the longest that was added. */
  toString(): string {
    const digits = (this.#units < 0n ? -this.#units : this.#units).toString().padStart(this.#places + 1, '0');
    const at = digits.length - this.#places;
    const fraction = this.#places === 0 ? '' : `.${digits.slice(at)}`;
    return `${this.#units < 0n ? '-' : ''}${digits.slice(0, at)}${fraction}`;
  }

  /** 12.50 is 12.5. */
  equals(text: string): boolean {
    const difference = new DecimalSum();
    if (!difference.add(text)) return false;
    difference.add(this.toString(), -1);
    return difference.#units === 0n;
  }
}
