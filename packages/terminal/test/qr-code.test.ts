import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { qrCode } from '../src/qr-code.js'

describe('a QR code', () => {
  const link = `hyper://${'y'.repeat(52)}/#${'b'.repeat(52)}`

  test('is drawn where the terminal is wide enough', () => {
    const lines = qrCode(link, 80)
    expect(lines.length).toBeGreaterThan(20)
    const widths = lines.map((line) => stripVTControlCharacters(line).length)
    expect(new Set(widths)).toEqual(new Set([widths[0]]))
    expect(qrCode(link, widths[0])).toEqual(lines)
  })

  test('is not drawn where its lines would break', () => {
    const [line = '', ...others] = qrCode(link, 40)
    expect(others).toEqual([])
    expect(line).toMatch(/^Its QR code needs a terminal of \d+ columns\.$/)
  })
})
