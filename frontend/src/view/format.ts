/** Numbers as a trader reads them: few digits, stable width, a real minus sign. */

export const MINUS = "\u2212";
export const NOTHING = "\u2013";

/** About four significant digits; k and M above ten thousand; what is smaller than `floor` rounds to nothing. */
export function compact(value: number | null | undefined, floor = 0): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING;
  const size = Math.abs(value);
  if (size < floor && size > 0) return "0.000";
  const sign = value < 0 ? MINUS : "";
  if (size >= 999_950) return `${sign}${(size / 1e6).toFixed(size >= 99.995e6 ? 0 : 2)}M`;
  if (size >= 9_999.5) return `${sign}${(size / 1e3).toFixed(size >= 99_950 ? 0 : 1)}k`;
  if (size >= 999.5 || Number.isInteger(value)) return sign + size.toFixed(0);
  if (size >= 99.95) return sign + size.toFixed(1);
  if (size >= 0.01) return sign + size.toFixed(size >= 9.995 ? 2 : 3);
  if (size === 0) return "0";
  return sign + size.toExponential(1).replace("e-", `e${MINUS}`);
}

/** Always with a sign, and `decimals` digits. */
export function signed(value: number, decimals = 2): string {
  if (!Number.isFinite(value)) return NOTHING;
  const text = Math.abs(value).toFixed(decimals);
  if (Number(text) === 0) return text;
  return (value < 0 ? MINUS : "+") + text;
}

export function percent(share: number): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(0)}%` : NOTHING;
}

/** 1234567 as 1,234,567. */
export function grouped(value: number | bigint): string {
  return value.toLocaleString("en-US");
}
