import { describe, expect, test } from 'vitest'
import { LOG_KEPT, PlainLog } from '../../src/review/plain-log.js'

const said = (...chunks: (string | Buffer)[]): string => {
  const log = new PlainLog()
  for (const chunk of chunks) log.add('stdout', Buffer.from(chunk))
  return log.text
}

describe('the log of a build', () => {
  test('has no colours, titles, links or cursor movements of a terminal', () => {
    expect(
      said(
        '\u001b[1;31mred\u001b[0m \u001b]0;title\u0007plain \u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\'
      )
    ).toBe('red plain link')
    expect(said('\u001b[2K\u001b[1Gone\u001b(B\u001bM')).toBe('one')
  })

  test('is not fooled by an escape, or a character, that comes in two pieces', () => {
    expect(said('a\u001b', '[31', 'mred\u001b[', '0m!')).toBe('ared!')
    expect(said(Buffer.from([0xe2, 0x82]), Buffer.from([0xac]))).toBe('€')
  })

  test('keeps the pipes apart', () => {
    const log = new PlainLog()
    log.add('stdout', Buffer.from('a\u001b['))
    log.add('stderr', Buffer.from('31m is text'))
    log.add('stdout', Buffer.from('31mb'))
    expect(log.text).toBe('a31m is textb')
  })

  test('shows what writes over its own line as lines, and nothing that turns text around', () => {
    expect(said('10 %\r20 %\r\ndone\u0000\u0008\u202egnp.exe\n')).toBe('10 %\n20 %\ndonegnp.exe\n')
  })

  test('keeps the last of it', () => {
    const log = new PlainLog()
    log.add('stdout', Buffer.from('x'.repeat(LOG_KEPT)))
    log.addLine('the end')
    expect(log.text).toHaveLength(LOG_KEPT)
    expect(log.text.endsWith('x\nthe end\n')).toBe(true)
    expect(log.dropped).toBe(9)
  })
})
