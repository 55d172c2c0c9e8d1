import { renderUnicodeCompact } from 'uqr'

// Colors of their own, by number: many readers know no white code on black, which half of all terminals would make of it,
// and the sixteen named colors are whatever the terminal's theme says.
const BLACK_ON_WHITE = '\x1b[38;5;16;48;5;231m'
const RESET = '\x1b[0m'

/** A QR code for a terminal: two rows of it in each line, black on white whatever the terminal's colors are. */
export function qrCode(text: string): string[] {
  // Inverted: what it draws are the white parts.
  const code = renderUnicodeCompact(text, { ecc: 'L', border: 2, invert: true })
  return code.split('\n').map((line) => BLACK_ON_WHITE + line + RESET)
}
