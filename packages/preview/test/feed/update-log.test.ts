import { expect, test } from 'vitest'
import { UpdateLog } from '../../src/feed/update-log.js'

const change = (path: string) => ({ op: 'add' as const, path, bytes: 1 })

test('changes since an update are merged, each path once', () => {
  const log = new UpdateLog()
  log.add('1', [change('/a')])
  log.add('2', [change('/b')])
  log.add('3', [{ ...change('/b'), op: 'remove' }, change('/c')])
  expect(log.since('1')).toEqual([change('/c')])
  expect(log.since('0')).toBeNull()
})

test('names of a megabyte are not listed for browsers, which then look for themselves', () => {
  const log = new UpdateLog()
  log.add('1', [change('/a')])
  log.add('2', [change(`/${'x'.repeat(3_000_000)}`)])
  expect(log.since('1')).toBeNull()
  expect(log.since('2')).toEqual([])
  for (let n = 3; n < 10; n++) log.add(String(n), [change(`/${n}${'x'.repeat(900_000)}`)])
  expect(log.since('3')).toBeNull()
  expect(JSON.stringify(log.since('8')).length).toBeLessThan(2_000_000)
})
