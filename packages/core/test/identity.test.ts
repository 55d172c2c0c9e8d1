import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { decodeKey, encodeKey, parseKey } from '../src/holepunch/site-key.js'
import { deriveKeys } from '../src/holepunch/key-pairs.js'
import { initProject } from '../src/identity/key-custody.js'
import { projectFile } from '../src/project/project-file.js'
import { secretToWords, wordsToSecret } from '../src/holepunch/backup-words.js'
import { parseSecret, secretText } from '../src/identity/secret.js'
import { codeOfRejection, Workshop } from './support/workshop.js'

const SECRET = Buffer.from(Array.from({ length: 32 }, (_, n) => n))

describe('a key', () => {
  test('is read in every spelling that people paste, and normalised', () => {
    const { key } = deriveKeys(SECRET)
    const hex = decodeKey(key).toString('hex')
    for (const text of [
      key,
      `hyper://${key}`,
      `hyper://${key}/a/b.html?c#d`,
      ` ${key}\n`,
      key.toUpperCase(),
      hex
    ]) {
      expect(parseKey(text)).toBe(key)
    }
  })

  test('has sixteen spellings that are one', () => {
    const bytes = decodeKey(deriveKeys(SECRET).key)
    const normal = encodeKey(bytes)
    const spellings = [...'ybndrfg8ejkmcpqxot1uwisza345h769'].filter((last) =>
      decodeKey(normal.slice(0, -1) + last).equals(bytes)
    )
    expect(spellings).toHaveLength(16)
    for (const last of spellings) expect(parseKey(normal.slice(0, -1) + last)).toBe(normal)
  })

  test.each([
    ['', 'BAD_KEY'],
    ['hyper://', 'BAD_KEY'],
    ['https://example.org', 'BAD_KEY'],
    [`${'y'.repeat(51)}`, 'BAD_KEY'],
    [`${'y'.repeat(53)}`, 'BAD_KEY'],
    [`${'y'.repeat(51)}0`, 'BAD_KEY'],
    ['ab'.repeat(31), 'BAD_KEY'],
    [`dat://${'ab'.repeat(32)}`, 'DAT_LINK']
  ])('that is `%s` is refused', (text, code) => {
    expect(() => parseKey(text)).toThrow(expect.objectContaining({ code }))
  })
})

describe('a secret', () => {
  test('always derives the same keys, and two different pairs', () => {
    const keys = deriveKeys(SECRET)
    expect(deriveKeys(Buffer.from(SECRET))).toEqual(keys)
    expect(keys.key).toBe('7y6178xpugrpmgkmnaxaye9pn1en6uhgn79ske81md4t6i1anpby')
    expect(keys.publisherKey).toBe('ba74tx6m3mhwis359zst3nddagmbz7pbz1sjdhnjkcwdqdqp7iny')
    expect(keys.signing.publicKey).not.toEqual(keys.network.publicKey)
  })

  test('becomes 24 words and comes back from them, in any case and spacing', async () => {
    const words = secretToWords(SECRET)
    expect(words.split(' ')).toHaveLength(24)
    expect(wordsToSecret(words)).toEqual(SECRET)
    const noted = words
      .split(' ')
      .map((word, at) => `${at + 1}. ${word.toUpperCase()}`)
      .join('\n')
    expect(wordsToSecret(noted)).toEqual(SECRET)
    expect(await parseSecret(words)).toEqual(SECRET)
    expect(await parseSecret(secretText(SECRET))).toEqual(SECRET)
  })

  test('with a wrong word names it; with swapped words fails its checksum', async () => {
    const words = secretToWords(SECRET).split(' ')
    const wrong = words.with(6, 'abandn').join(' ')
    expect(() => wordsToSecret(wrong)).toThrow(/Word 7, `abandn`.*`abandon`/)
    const swapped = words
      .with(0, words[1] ?? '')
      .with(1, words[0] ?? '')
      .join(' ')
    expect(await codeOfRejection(parseSecret(swapped))).toBe('BAD_SECRET')
    expect(await codeOfRejection(parseSecret(words.slice(1).join(' ')))).toBe('BAD_SECRET')
  })

  test('is nowhere in the store that it signs', async () => {
    const shop = new Workshop({ 'index.html': 'x' })
    await shop.publish()
    const secret = Buffer.from(readFileSync(shop.paths.secret, 'utf8').trim(), 'hex')
    const { signing, network } = deriveKeys(secret)
    const files = readdirSync(shop.paths.store, { recursive: true, withFileTypes: true }).filter((item) =>
      item.isFile()
    )
    expect(files.length).toBeGreaterThan(2)
    for (const { parentPath, name } of files) {
      const bytes = readFileSync(path.join(parentPath, name))
      for (const private_ of [secret, signing.secretKey.subarray(0, 32), network.secretKey.subarray(0, 32)]) {
        expect(bytes.includes(private_), name).toBe(false)
      }
    }
  })
})

test('the secret of a site of this machine is never taken for the key of a seed', async () => {
  const shop = new Workshop({ 'index.html': 'one' })
  await shop.publish()
  const secret = readFileSync(shop.paths.secret, 'utf8').trim()
  const before = readFileSync(projectFile(shop.projectDir), 'utf8')
  const at = { projectDir: shop.projectDir, env: shop.env }
  const adding = initProject(at, { seeds: [secret], confirm: null })
  expect(await codeOfRejection(adding)).toBe('BAD_OPTION')
  await expect(initProject(at, { seeds: [secret], confirm: null })).rejects.not.toThrow(secret)
  expect(readFileSync(projectFile(shop.projectDir), 'utf8')).toBe(before)
})
