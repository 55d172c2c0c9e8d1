import { renderUnicodeCompact } from 'uqr'

// Many readers cannot read white codes on black, so both colors are set. They are numbers of the 256-color palette, since the
// theme of a terminal may change the sixteen named colors.
const BLACK_ON_WHITE = '\x1b[38;5;16;48;5;231m'
const RESET = '\x1b[0m'

/**
 * Makes the lines of a QR code for a terminal. It is always black on white, and each line has two of its rows.
 *
 * @param columns the width of the terminal. A code that is wider would be broken into pieces that no camera reads: then there is
 *   one line, which says so
 */
export function qrCode(text: string, columns = 80): string[] {
  // Inverted: the drawn characters are the white parts. The standard asks for a border of four, but two are enough for readers.
  const code = renderUnicodeCompact(text, { ecc: 'L', border: 2, invert: true })
  const lines = code.split('\n')
  const width = lines[0]?.length ?? 0
  if (width > columns) return [`Its QR code needs a terminal of ${width} columns.`]
  return lines.map((line) => BLACK_ON_WHITE + line + RESET)
}
