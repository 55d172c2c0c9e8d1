import { encode } from 'uqr'

/** Modules of white around the code; the standard asks for four, and readers do with two. */
const BORDER = 2

// Colors of their own, by number: many readers know no white code on black, which half of all terminals would make of it,
// and the sixteen named colors are whatever the terminal's theme says.
const BLACK_ON_WHITE = '\x1b[38;5;16;48;5;231m'
const RESET = '\x1b[0m'

/** A QR code for a terminal: two rows of it in each line, black on white whatever the terminal's colors are. */
export function qrCode(text: string): string[] {
  const { data } = encode(text, { ecc: 'L', border: BORDER })
  const lines: string[] = []
  for (let row = 0; row < data.length; row += 2) {
    const [upper = [], lower = []] = [data[row], data[row + 1]]
    const halves = upper.map((isBlack, column) => half(isBlack, lower[column] ?? false))
    lines.push(`${BLACK_ON_WHITE}${halves.join('')}${RESET}`)
  }
  return lines
}

function half(upper: boolean, lower: boolean): string {
  if (upper) return lower ? '█' : '▀'
  return lower ? '▄' : ' '
}
