import { renderUnicodeCompact } from 'uqr'

// Colors by number: many readers do not know white codes on black, which half of all terminals would show; and what the
// sixteen named colors look like, the terminal's theme decides.
const BLACK_ON_WHITE = '\x1b[38;5;16;48;5;231m'
const RESET = '\x1b[0m'

/** A QR code for a terminal: two rows of it in each line, black on white whatever the terminal's colors are. */
export function qrCode(text: string): string[] {
  // Inverted: what it draws are the white parts. The standard asks for a border of four, and readers do with two.
  const code = renderUnicodeCompact(text, { ecc: 'L', border: 2, invert: true })
  return code.split('\n').map((line) => BLACK_ON_WHITE + line + RESET)
}
