/** Values in another unit, by exact factors; digits are kept as they were measured. */

interface Conversion {
  readonly factor: number;
  readonly offset?: number;
}

/** UCUM units, and the spellings extracts write for them, to the units they are converted into. */
const CONVERSIONS: Readonly<Record<string, Readonly<Record<string, Conversion>>>> = {
  kg: {
    '[lb_av]': { factor: 0.45359237 },
    '[oz_av]': { factor: 0.028349523125 },
    g: { factor: 0.001 },
  },
  g: { kg: { factor: 1000 }, '[oz_av]': { factor: 28.349523125 }, '[lb_av]': { factor: 453.59237 } },
  cm: { '[in_i]': { factor: 2.54 }, m: { factor: 100 }, mm: { factor: 0.1 }, '[ft_i]': { factor: 30.48 } },
  // Degrees Celsius: (F - 32) x 5 / 9.
  Cel: { '[degF]': { factor: 5 / 9, offset: -32 } },
  'mm[Hg]': { kPa: { factor: 7.500616827 } },
};

const SPELLINGS: Readonly<Record<string, string>> = {
  lb: '[lb_av]',
  lbs: '[lb_av]',
  pounds: '[lb_av]',
  oz: '[oz_av]',
  in: '[in_i]',
  inch: '[in_i]',
  inches: '[in_i]',
  ft: '[ft_i]',
  F: '[degF]',
  degF: '[degF]',
  C: 'Cel',
  degC: 'Cel',
  mmHg: 'mm[Hg]',
};

export type Converted = { readonly value: number } | { readonly code: string; readonly why: string };

const DECIMAL = /^[+-]?\d{1,15}(?:\.(\d{1,15}))?$/;
/** A converted value keeps this many decimals more than were measured. */
const DECIMALS_MORE = 2;
const DECIMALS_MAX = 15;

/** The value of `text`, measured in `from`, in `into` (UCUM both); refuses what it does not know by code. */
export function convertUnit(text: string, from: string, into: string): Converted {
  const match = DECIMAL.exec(text);
  if (match === null) return { code: 'NUMBER_INVALID', why: 'not a decimal number' };
  const unit = SPELLINGS[from] ?? from;
  if (unit === into) return { value: Number(text) };
  const conversion = CONVERSIONS[into]?.[unit];
  if (conversion === undefined) return { code: 'UNIT_UNKNOWN', why: `no factor from the unit given into ${into}` };
  const { factor, offset = 0 } = conversion;
  const decimals = Math.min((match[1]?.length ?? 0) + DECIMALS_MORE, DECIMALS_MAX);
  return { value: Number(((Number(text) + offset) * factor).toFixed(decimals)) };
}

/** Whether there is a way into this unit. */
export function isUnitKnown(into: string): boolean {
  return into in CONVERSIONS;
}
