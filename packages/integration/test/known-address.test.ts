import { temporaryFolder, writeFiles } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { knownAddress } from '../src/known-address.js'

describe('the address of a project', () => {
  const KEY = 'ybndrfg8ejkmcpqxot1uwisza345h769ybndrfg8ejkmcpqxot1o'

  test.each([
    ['is read', { key: KEY, seeds: [] }, { key: KEY, url: `hyper://${KEY}/`, mirror: null }],
    [
      'is read in another spelling',
      { key: `hyper://${KEY}/` },
      { key: KEY, url: `hyper://${KEY}/`, mirror: null }
    ],
    [
      'is read with its mirror',
      { key: KEY, mirror: 'https://example.org' },
      { key: KEY, url: `hyper://${KEY}/`, mirror: 'https://example.org/' }
    ]
  ])('%s', async (_, file, address) => {
    expect(await knownAddress(projectWith(JSON.stringify(file)))).toEqual(address)
  })

  test.each(['{', '[]', 'null', '{ "key": "0" }', '{ "key": 1 }'])(
    'is refused when it says %s',
    async (text) => {
      await expect(knownAddress(projectWith(text))).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    }
  )

  test('is nothing where there is no sitedrive.json', async () => {
    expect(await knownAddress(temporaryFolder())).toEqual({ key: null, url: null, mirror: null })
  })
})

function projectWith(text: string): string {
  const dir = temporaryFolder()
  writeFiles(dir, { 'sitedrive.json': text })
  return dir
}
