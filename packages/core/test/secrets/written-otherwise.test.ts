import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { encodeKey } from '../../src/holepunch/site-key.js'
import { secretToWords } from '../../src/holepunch/backup-words.js'
import { previewLink } from '../../src/identity/preview-link.js'
import { SecretFinder, type KnownSecrets } from '../../src/secrets/secret-finder.js'
import { searchBytes } from '../../src/secrets/search-files.js'
import { chance, privateKeys, TOKENS } from '../support/made-secrets.js'

const NOTHING_KNOWN: KnownSecrets = { values: [], backups: [], fingerprintKey: 'k', isKeyed: true }

const find = (text: string | Uint8Array, path = '/a.html', known = NOTHING_KNOWN) =>
  searchBytes(Buffer.from(text as string), path, new SecretFinder(known))

const token = String(TOKENS[0]?.[1])
const named = (what: string) => String(TOKENS.find(([name]) => name === what)?.[1])
const entities = (text: string) =>
  text.replaceAll('/', '&#x2F;').replaceAll('=', '&#x3D;').replaceAll('+', '&#43;')
const percent = (text: string) => encodeURIComponent(text).replaceAll('.', '%2E')

describe('an escape hides no secret', () => {
  test.each([
    [
      'a tag in JSON of Go or Hugo before a token',
      `{"html":"use \\u003ccode\\u003e${token}\\u003c/code\\u003e"}`
    ],
    ['the same, escaped twice', `"use \\\\u003ccode\\\\u003e${token}"`],
    ['a tag in a feed before a token', `<description>use &lt;code&gt;${token}&lt;/code&gt;</description>`],
    ['slashes of PHP’s JSON', JSON.stringify(named('a Slack webhook')).replaceAll('/', '\\/')],
    ['slashes of Handlebars', entities(named('a Slack webhook'))],
    ['an address with a password in it', entities(named('an address with a password in it'))],
    ['a query', `https://example.org/?next=${percent(named('an address with a password in it'))}`]
  ])('%s', async (_how, text) => {
    expect(await find(text)).toHaveLength(1)
  })

  test('the line is that of the file, whatever stands before', async () => {
    const before = 'say \\"hi\\" \\u003cp\\u003e &amp; 100%25\n'.repeat(40)
    expect(await find(`${before}\\u003e${token}`)).toMatchObject([{ line: 41 }])
  })

  test('text that is full of escapes, and of nothing else, has none', async () => {
    expect(
      await find('\\u003cp\\u003e &lt;p&gt; %3Cp%3E \\"a\\" 100% & &unknown; \\u00 &#; %zz '.repeat(2_000))
    ).toEqual([])
  })
})

describe('markup hides no private key', () => {
  const [, key = ''] = privateKeys().find(([what]) => what === 'a private key') ?? []
  const lines = key.trimEnd().split('\n')
  test.each([
    ['blanks in place of line breaks', lines.join(' ')],
    ['line breaks of old Macs', lines.join('\r')],
    ['quoted in a mail', lines.map((line) => `> ${line}`).join('\n')],
    ['added in a diff', lines.map((line) => `+${line}`).join('\n')],
    ['with numbers of lines', lines.map((line, n) => `<span class="ln">${n + 1}</span>${line}`).join('\n')],
    ['coloured as a script', key.replace('-----BEGIN', '<span class="nt">-----BEGIN</span>')],
    ['with the dashes that prose gets', key.replaceAll('-----', '—–')],
    ['as entities', entities(key)],
    ['in a feed', lines.join('&lt;br /&gt;')],
    ['in an address', percent(key)]
  ])('%s', async (_how, text) => {
    expect((await find(text)).map(({ rule }) => rule)).toEqual(['private-key'])
  })
})

describe('what this machine knows is found however it is written', () => {
  const secret = randomBytes(32)
  const hex = secret.toString('hex')
  const words = secretToWords(secret).split(' ')
  const known: KnownSecrets = {
    values: [{ rule: 'site-secret', what: 'the secret of a site', value: hex }],
    backups: [words],
    fingerprintKey: 'k',
    isKeyed: true
  }
  const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)
  test.each([
    ['digits in both cases', [...hex].map((digit, n) => (n % 2 ? digit.toUpperCase() : digit)).join('')],
    ['digits in groups', hex.match(/.{8}/g)?.join(' ') ?? ''],
    ['words as a list of a page', `<ol>${words.map((word) => `<li>${capital(word)}</li>`).join('')}</ol>`],
    ['words in capitals', words.map((word) => `<span>${word.toUpperCase()}</span>`).join('')],
    ['words with blanks that do not break', words.join('&nbsp;')],
    ['words on lines in JSON', JSON.stringify(words.join('\n'))]
  ])('%s', async (_how, text) => {
    expect((await find(text, '/a.html', known)).map(({ rule }) => rule)).toEqual(['site-secret'])
  })

  test.each([
    ['slashes of PHP’s JSON', (link: string) => link.replaceAll('/', '\\/')],
    ['entities', (link: string) => entities(link)],
    ['in an address', (link: string) => encodeURIComponent(link)],
    ['another case of `hyper`', (link: string) => link.replace('hyper', 'Hyper')]
  ])('the link of a preview: %s', async (_how, written) => {
    const link = previewLink({ key: encodeKey(randomBytes(32)), encryptionKey: randomBytes(32) })
    expect((await find(written(link))).map(({ rule }) => rule)).toEqual(['preview-link'])
  })
})

describe('no secret is', () => {
  test.each([
    [
      'a translation',
      '/locale/fr/viewer.properties',
      'password_cancel=Annuler\npassword_label=Saisissez le mot\n'
    ],
    [
      'another one',
      '/i18n/fi.properties',
      'forgot_password=Unohditko salasanasi?\naccess_token=JetonAcces\n'
    ],
    [
      'a call in a script of a shell',
      '/env.txt',
      'export TOKEN=`cat token_file`\nexport GH_SECRET=../keys/gh\n'
    ],
    ['a reference to a variable', '/env.txt', 'API_TOKEN=${SECRET_FROM_VAULT}\nDB_PASSWORD=$(pass show db)\n']
  ])('%s', async (_what, path, text) => {
    expect(await find(text, path)).toEqual([])
  })
})

test('a NUL byte in a log hides no token', async () => {
  expect(await find(`${'started the service\n'.repeat(30)}\0 then ${token}\n`, '/build.log')).toHaveLength(1)
})

test('a fingerprint is of no use to whoever lacks the key that it was made with', async () => {
  const at = async (fingerprintKey: string) =>
    (await find(token, '/a.html', { ...NOTHING_KNOWN, fingerprintKey }))[0]?.fingerprint
  expect(await at('one')).toMatch(/^[0-9a-f]{12}$/)
  expect(await at('one')).toBe(await at('one'))
  expect(await at('one')).not.toBe(await at('another'))
})

test('no character of chance makes an unreadable file of a token beside it', async () => {
  expect(await find(`${chance(300)}\n${token}`)).toHaveLength(1)
})
