/**
 * The text of a percent-encoded part of an address. A `%` that begins no byte stands for itself, as browsers read it: `/100%/` is the
 * address of a folder `100%`, as `/100%25/` is.
 *
 * @returns null when the bytes are no UTF-8
 */
export function decodeAddress(encoded: string): string | null {
  try {
    return decodeURIComponent(encoded.replace(/%(?![\da-f]{2})/gi, '%25'))
  } catch {
    return null
  }
}
