import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { secretToWords } from '../../src/holepunch/backup-words.js'
import { encodeKey } from '../../src/holepunch/site-key.js'
import { previewLink } from '../../src/identity/preview-link.js'
import { SecretFinder, type KnownSecrets } from '../../src/secrets/secret-finder.js'
import { searchBytes } from '../../src/secrets/search-files.js'
import { chance, privateKeys, TOKENS } from '../support/made-secrets.js'

const NOTHING_KNOWN: KnownSecrets = { values: [], backups: [], fingerprintKey: 'k', isKeyed: true }

function find(content: string | Uint8Array, { path = '/a.html', known = NOTHING_KNOWN } = {}) {
  return searchBytes(Buffer.from(content as string), path, new SecretFinder(known))
}

const said = async (...args: Parameters<typeof find>) => (await find(...args)).map(({ what }) => what)

describe('a token', () => {
  test.each(TOKENS)('is found in a page: %s', async (what, token) => {
    expect(await find(`<p>first\n<p>use <code>${token}</code> to deploy`)).toMatchObject([{ what, line: 2 }])
  })

  test.each(TOKENS)(
    'is found in a script, behind an escaped line break, and in a source map: %s',
    async (what, token) => {
      const source = `// deploys\n${token}\nexport const a = 1`
      expect(await said(`const text = ${JSON.stringify(source)}`, { path: '/app.js' })).toEqual([what])
      const map = { version: 3, sourcesContent: [JSON.stringify(source)] }
      expect(await said(JSON.stringify(map), { path: '/app.js.map' })).toEqual([what])
    }
  )

  test.each(TOKENS)('is found in UTF-16, with and without a mark: %s', async (what, token) => {
    const bytes = Buffer.from(`key ${token} end`, 'utf16le')
    expect(await said(bytes, { path: '/notes.txt' })).toEqual([what])
    expect(await said(Buffer.concat([Buffer.from([0xff, 0xfe]), bytes]))).toEqual([what])
    expect(await said(Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(bytes).swap16()]))).toEqual([
      what
    ])
  })

  test('is told once, where it stands first, without any part of it', async () => {
    const [[, token] = ['', '']] = TOKENS
    const found = await find(`\n\n${token}\n${token}`)
    expect(found).toMatchObject([{ line: 3 }])
    for (let at = 0; at + 6 < token.length; at++)
      expect(JSON.stringify(found)).not.toContain(token.slice(at, at + 6))
  })

  test.each([1, 19, 63, 159, 160, 161, 320, 321, 4000])(
    'is found behind a run of %d characters and a blank',
    async (length) => {
      const [[what, token] = ['', '']] = TOKENS
      expect(await said(`${'k'.repeat(length)} ${token}`)).toEqual([what])
      expect(await said(`${token} ${'k'.repeat(length)}`)).toEqual([what])
    }
  )
})

describe('no secret is', () => {
  const hex = (length: number) => chance(length, '0123456789abcdef')
  test.each([
    ['an example of AWS', 'AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'],
    ['an access key’s id alone, as in every signed link', `?X-Amz-Credential=AK${'IA'}QXJ7ZPLMW3T5RVNK/2026`],
    ['a token of x', `gh${'p_'}${'x'.repeat(36)}`],
    ['a token of a row of letters', `gh${'p_'}abcdefghijklmnopqrstuvwxyz0123456789`],
    ['a token that says what belongs there', `sk${'_live_'}your_secret_key_goes_here`],
    ['a token that says what belongs there, in capitals', `npm_${'YOUR'.repeat(9)}`],
    ['a test key of Stripe', `sk${'_test_'}${chance(24)}`],
    ['a publishable key of Stripe', `pk${'_live_'}${chance(24)}`],
    ['the key of a Firebase app', `apiKey:"AIza${chance(35)}"`],
    ['a search key of Algolia', `appId:"${chance(10)}",apiKey:"${hex(32)}"`],
    ['a public token of Mapbox', `pk.eyJ${chance(60)}.${chance(22)}`],
    ['the DSN of Sentry', `https://${hex(32)}@o12345.ingest.sentry.io/6789`],
    ['a site key of a captcha', `data-sitekey="6L${chance(38)}"`],
    ['an id of analytics', 'G-ABC1234567 UA-12345-1'],
    ['the hash of a script', `integrity="sha384-${chance(64)}"`],
    ['a hashed name', `/assets/index-${chance(8)}.js?v=${hex(40)}`],
    ['a commit', `see commit ${hex(40)} and ${hex(64)}`],
    ['a UUID', '2f1c8f5e-9d0b-4d52-8f0e-3f6f4b1a9c77'],
    ['the address of a drive', `hyper://${encodeKey(randomBytes(32))}/`],
    ['a public key', `-----BEGIN PUBLIC KEY-----\n${chance(64)}\n${chance(64)}\n-----END PUBLIC KEY-----`],
    ['a certificate', `-----BEGIN CERTIFICATE-----\n${chance(64)}\n${chance(64)}\n-----END CERTIFICATE-----`],
    ['a private key without its middle', `-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----`],
    [
      'a private key that is cut',
      `-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA${chance(48)}\n…\n-----END RSA PRIVATE KEY-----`
    ],
    [
      'a private key that is made up',
      `-----BEGIN PRIVATE KEY-----\n${chance(64)}\n${chance(64)}\n-----END PRIVATE KEY-----`
    ],
    [
      'the first line of a private key',
      'A file that begins with -----BEGIN RSA PRIVATE KEY----- is yours alone.'
    ],
    ['a database on this machine', 'postgres://postgres:hunter2x9@localhost:5432/dev'],
    ['a database of an example', 'postgres://user:pa55w0rdX1@db.example.com/app'],
    ['a database with a word for a password', 'mysql://root:password@db.shop.net/app'],
    ['a database whose password is filled in', 'mysql://root:${DB_PASSWORD}@db.shop.net/app'],
    ['an address of a tutorial', 'https://user:password@shop.net/'],
    ['a mail address', 'mailto:me@shop.net'],
    ['a variable without its value', 'export GITHUB_TOKEN=your-github-token-goes-here'],
    ['a variable of a workflow', 'GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}'],
    ['a variable that is made to be public', `NEXT_PUBLIC_API_TOKEN="${chance(32)}"`],
    [
      'a JSON Web Token',
      `eyJhbGciOiJIUzI1NiJ9.${Buffer.from('{"sub":"1234567890"}').toString('base64url')}.${chance(43)}`
    ],
    ['a picture as text', `data:image/png;base64,${chance(4000, 'ABCDEFabcdef0123456789+/')}`],
    [
      'prose',
      'they have made this very long walk from their own home with some food and just one more hope that other '.repeat(
        9
      )
    ]
  ])('%s', async (_what, content) => {
    expect(await find(`<p>${content}</p>`)).toEqual([])
    expect(await find(`const a = ${JSON.stringify(content)}`, { path: '/a.js' })).toEqual([])
  })

  test('a token within a longer word', async () => {
    const [[, token] = ['', '']] = TOKENS
    expect(await find(`x${chance(80)}Z${token}`)).toEqual([])
  })
})

describe('a private key', () => {
  test.each(privateKeys())(
    'is found as it is, in a script, in a code listing and without line breaks: %s',
    async (what, key) => {
      expect(await find(`title\n${key}`)).toMatchObject([{ rule: 'private-key', what, line: 2 }])
      const escaped = JSON.stringify({ key: what.includes('JWK') ? (JSON.parse(key) as unknown) : key })
      expect(await said(escaped, { path: '/a.json' })).toEqual([what])
      if (what.includes('JWK')) return
      const coloured = key.replace(/.+/g, '<span class="line"><span style="color:#032F62">$&</span></span>')
      expect(await said(`<pre>${coloured}</pre>`)).toEqual([what])
      const joined = key
        .trimEnd()
        .split('\n')
        .map((line) => `"${line}\\n"`)
        .join(' +\n  ')
      expect(await said(`const key = ${joined}`, { path: '/a.js' })).toEqual([what])
      expect(await said(key.replaceAll('\n', '\r\n'))).toEqual([what])
    }
  )

  test('is found whatever its characters are', async () => {
    for (let times = 0; times < 100; times++) {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const key = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
      for (const text of [key, JSON.stringify(key), key.replace(/^/gm, '// '), key.replace(/^/gm, '    ')])
        expect(await said(text), key).toEqual(['a private key'])
    }
  })

  test('has one fingerprint in whatever markup', async () => {
    const [[, key] = ['', '']] = privateKeys()
    const [plain] = await find(key)
    const [escaped] = await find(JSON.stringify(key))
    expect(escaped?.fingerprint).toBe(plain?.fingerprint)
  })

  test.each([
    ['/cert.p12', '3082010002010330', 'a key store (PKCS #12)'],
    ['/cert.pfx', '308201000201033082', 'a key store (PKCS #12)'],
    ['/store.jks', 'feedfeed00000002', 'a Java key store'],
    ['/server.key', '308204a30201000282', 'a private key']
  ])('is found as bytes: %s', async (path, head, what) => {
    const bytes = Buffer.concat([Buffer.from(head, 'hex'), Buffer.alloc(300)])
    expect(await find(bytes, { path })).toMatchObject([{ rule: expect.stringMatching(/key/), what }])
    expect(await find(bytes, { path: '/picture.png' })).toEqual([])
  })
})

describe('a file of variables', () => {
  const env = `# of production\nNODE_ENV=production\nexport DB_PASSWORD='kT8vXq2mZ4'\nAPI_KEY=R7pQ2sVw9yB4\nPORT=8080\n`
  test.each(['/env.txt', '/env', '/prod.env.bak', '/config.properties'])(
    'is found under any name: %s',
    async (path) => {
      expect(await find(env, { path })).toMatchObject([
        { rule: 'env-file', what: 'a value for `DB_PASSWORD`', line: 3 },
        { rule: 'env-file', what: 'a value for `API_KEY`', line: 4 }
      ])
    }
  )

  test('that is an example has none', async () => {
    const example =
      'DB_PASSWORD=changeme\nAPI_KEY=\nSESSION_SECRET=your-secret-here\nTOKEN=<token>\nA_TOKEN=$B_TOKEN\n'
    expect(await find(example, { path: '/env.txt' })).toEqual([])
  })
})

describe('a site’s secret', () => {
  const secret = randomBytes(32)
  const words = secretToWords(secret).split(' ')
  const known: KnownSecrets = {
    values: [secret.toString('hex'), secret.toString('base64url'), encodeKey(secret)].map((value) => ({
      rule: 'site-secret',
      what: 'the secret of a site',
      value
    })),
    backups: [words],
    fingerprintKey: 'k',
    isKeyed: true
  }

  test('is found in each spelling that is known, also within a longer word', async () => {
    for (const { value } of known.values) {
      expect(await said(`<p>${value}`, { known })).toEqual(['the secret of a site'])
      expect(await said(`<p>zz${value}zz`, { known })).toEqual(['the secret of a site'])
    }
    expect(await find(`<p>${randomBytes(32).toString('hex')}`, { known })).toEqual([])
  })

  test.each([
    ['with blanks', words.join(' ')],
    ['on lines of their own, with numbers', words.map((word, n) => `${n + 1}. ${word}`).join('\n')],
    ['as a list of JSON', JSON.stringify(words)],
    ['in capitals', words.join(' ').toUpperCase()]
  ])('is found as 24 words that nobody knows, %s', async (_how, text) => {
    expect(await find(`These are the words of it: ${text}. Keep them.`)).toMatchObject([
      { rule: 'backup-words' }
    ])
  })

  test('is found as the words that are known, in whatever markup', async () => {
    const list = `<ol>${words.map((word) => `<li><b class="w">${word}</b></li>`).join('\n')}</ol>`
    expect(await find(list, { known })).toMatchObject([{ rule: 'site-secret' }])
  })

  test('is not what a list of all words, an example of one word, or other words are', async () => {
    const other = [...words.slice(1), words[0]!]
    // One in 256 orders belongs together by chance.
    while (await find(other.join(' ')).then((found) => found.length > 0)) other.push(other.shift()!)
    expect(await find(other.join(' '))).toEqual([])
    expect(await find(`${'abandon '.repeat(23)}art`)).toEqual([])
    expect(await find([...words].sort().join(' '))).toEqual([])
  })
})

describe('the link of a preview', () => {
  const link = previewLink({ key: encodeKey(randomBytes(32)), encryptionKey: randomBytes(32) })

  test('is found, and not one that is cut', async () => {
    expect(await find(`<a href="${link}">look</a>`)).toMatchObject([{ rule: 'preview-link' }])
    expect(await find(`<a href="${link.slice(0, -3)}">look</a>`)).toEqual([])
    expect(await find(`<a href="${link.slice(0, -1)}${link.endsWith('y') ? 'b' : 'y'}">look</a>`)).toEqual([])
  })
})
