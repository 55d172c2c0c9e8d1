import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ProgressLine } from '../src/progress-line.js'

/** Remembers what was written. */
function stream(isTTY: boolean, columns = 80) {
  const written: string[] = []
  return { isTTY, columns, written, write: (text: string | Uint8Array) => written.push(String(text)) > 0 }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('on a terminal', () => {
  test('nothing is said of what takes less than half a second', () => {
    const terminal = stream(true)
    const line = new ProgressLine(terminal, {})
    line.show('1 of 2')
    vi.advanceTimersByTime(400)
    line.end()
    expect(terminal.written).toEqual([])
  })

  test('the line appears after half a second without further news, is written over, and goes at the end', () => {
    const terminal = stream(true)
    const line = new ProgressLine(terminal, {})
    line.show('1 of 2')
    vi.advanceTimersByTime(550)
    expect(terminal.written).toEqual(['\r\x1b[K1 of 2'])
    line.show('2 of 2')
    line.show('2 of 2')
    vi.advanceTimersByTime(100)
    expect(terminal.written.slice(1)).toEqual(['\r\x1b[K2 of 2'])
    line.end()
    expect(terminal.written.at(-1)).toBe('\r\x1b[K')
    vi.advanceTimersByTime(1000)
    expect(terminal.written).toHaveLength(3)
  })

  test('it never wraps', () => {
    const terminal = stream(true, 20)
    const line = new ProgressLine(terminal, {})
    line.show('x'.repeat(50))
    vi.advanceTimersByTime(600)
    expect(terminal.written[0]).toBe(`\r\x1b[K${'x'.repeat(19)}`)
    line.end()
  })
})

describe('elsewhere', () => {
  test('a plain line comes after half a second and then every ten', () => {
    const log = stream(false)
    const line = new ProgressLine(log, {})
    line.show('1 of 2')
    vi.advanceTimersByTime(1000)
    line.show('2 of 2')
    vi.advanceTimersByTime(5000)
    expect(log.written).toEqual(['1 of 2\n'])
    line.clear() // another line is written; that is no reason for a new one
    vi.advanceTimersByTime(5000)
    expect(log.written).toEqual(['1 of 2\n', '2 of 2\n'])
    line.end()
  })

  test('a terminal that cannot move its cursor counts as elsewhere', () => {
    const dumb = stream(true)
    const line = new ProgressLine(dumb, { TERM: 'dumb' })
    line.show('1 of 2')
    vi.advanceTimersByTime(600)
    expect(dumb.written).toEqual(['1 of 2\n'])
    line.end()
  })
})
