import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import Corestore from 'corestore'
import Hyperdrive from 'hyperdrive'
import { describe, expect, test } from 'vitest'
import { parseKey } from '../../src/holepunch/site-key.js'
import { decodeKey } from '../../src/holepunch/site-key.js'
import { exportSecret } from '../../src/identity/key-custody.js'
import { readProject, writeProject } from '../../src/project/project-file.js'
import { chance } from '../support/made-secrets.js'
import { codeOfRejection, Workshop } from '../support/workshop.js'

const SITE = { 'index.html': '<p>Hello' }
const token = () => `gh${'p_'}${chance(36)}`

/** What a plain Hyperdrive says of how far both cores go, and the head file. */
async function signed({ paths, key }: Workshop): Promise<unknown> {
  const store = new Corestore(paths.store, { readOnly: true })
  const drive = new Hyperdrive(store, decodeKey(key))
  try {
    await drive.ready()
    const blobs = await drive.getBlobs()
    return {
      index: [drive.core.length, drive.core.fork],
      blobs: [blobs.core.length, blobs.core.byteLength, blobs.core.fork],
      head: readFileSync(paths.head, 'utf8')
    }
  } finally {
    await drive.close()
    await store.close()
  }
}

async function messageOf(publishing: Promise<unknown>): Promise<string> {
  return publishing.then(
    () => 'published',
    (error: Error) => error.message
  )
}

function allow(shop: Workshop, exceptions: string[]): void {
  const project = readProject(shop.projectDir, parseKey)
  if (project) writeProject(shop.projectDir, { ...project, secrets: { allow: exceptions } })
}

function exceptionsIn(message: string): string[] {
  const { secrets } = JSON.parse(`{${/"secrets": .*/.exec(message)?.[0]}}`) as {
    secrets: { allow: string[] }
  }
  return secrets.allow
}

describe('a publish that would ship a secret', () => {
  test.each(['warn', 'fail', 'off'] as const)(
    'is refused before the first signature, with checks `%s`',
    async (checks) => {
      const shop = new Workshop(SITE)
      await shop.publish()
      const before = await signed(shop)
      const secret = token()
      shop.write({ 'a.html': '<p>clean', 'keys/deploy.html': `<p>\n<p>${secret}`, 'z.html': '<p>clean' })
      const publishing = shop.publisher({ checks }).publish(shop.dir)
      expect(await codeOfRejection(publishing)).toBe('SECRET_FOUND')
      const message = await messageOf(publishing)
      expect(message).toMatch(
        /^1 secret would be published.* Nothing was published\.\n\/keys\/deploy\.html:2: a GitHub token\n/
      )
      expect(message).toContain('.sitedriveignore')
      for (let at = 0; at + 6 < secret.length; at++) expect(message).not.toContain(secret.slice(at, at + 6))
      expect(await signed(shop)).toEqual(before)
      expect(await shop.published()).toEqual(SITE)

      shop.write({ 'keys/deploy.html': '<p>it is gone' })
      expect(await shop.publish({ checks })).toMatchObject({ release: 2, added: 3 })
    }
  )

  test('that is the first makes no key', async () => {
    const shop = new Workshop({ ...SITE, 'a.js': `const a = "${token()}"` })
    const message = await messageOf(shop.publisher().publish(shop.dir))
    expect(message).toMatch(/^1 secret.*\n\/a\.js:1: .*\n(.*\n)*.*`npx sitedrive init` makes it/)
    expect(readdirSync(shop.projectDir)).toEqual(['_site'])
    expect(existsSync(shop.home)).toBe(false)
    shop.write({ 'a.js': 'const a = 1' })
    expect(await shop.publish()).toMatchObject({ release: 1, notes: { newKeyIn: expect.any(String) } })
  })

  test('of many files searches them in a thread, and tells ten', async () => {
    const shop = new Workshop(SITE)
    await shop.publish()
    const before = await signed(shop)
    for (let n = 0; n < 250; n++) shop.write({ [`p/${n}.html`]: n % 20 === 7 ? `<p>${token()}` : `<p>${n}` })
    const message = await messageOf(shop.publisher().publish(shop.dir))
    expect(message).toMatch(/^13 secrets would be published/)
    expect(message.match(/^\/p\/\d+\.html:1: a GitHub token$/gm)).toHaveLength(10)
    expect(message).toContain('\n… and 3 more.\n')
    expect(await signed(shop)).toEqual(before)
  })

  test('in a file of many megabytes is refused, wherever the secret stands', async () => {
    const shop = new Workshop(SITE)
    await shop.publish()
    const before = await signed(shop)
    const line = `${'some words of a log '.repeat(5)}\n`
    const lines = Math.ceil((6 * 2 ** 20) / line.length)
    const secret = token()
    // One of these lies across two of the pieces that such a file is read in.
    for (const cut of [2 ** 20, 2 ** 20 - 20, 5 * 2 ** 20 - 7]) {
      const text = line.repeat(lines)
      shop.write({ 'big.log': `${text.slice(0, cut)} ${secret} ${text.slice(cut)}` })
      const at = text.slice(0, cut).split('\n').length
      expect(await messageOf(shop.publisher().publish(shop.dir))).toContain(
        `\n/big.log:${at}: a GitHub token\n`
      )
    }
    expect(await signed(shop)).toEqual(before)
  })

  test('that was written into a file after it was searched, under the same stamp, is refused', async () => {
    const shop = new Workshop(SITE)
    await shop.publish()
    const before = await signed(shop)
    const secret = token()
    const file = path.join(shop.dir, 'b.html')
    shop.write({ 'b.html': 'x'.repeat(secret.length) })
    const { mtime, atime } = statSync(file)
    utimesSync(file, atime, mtime)
    const onProgress = ({ phase }: { phase: string }) => {
      if (phase !== 'write') return
      writeFileSync(file, secret)
      utimesSync(file, atime, mtime)
    }
    const publishing = shop.publisher({ onProgress }).publish(shop.dir)
    expect(await codeOfRejection(publishing)).toMatch(/SECRET_FOUND|FILE_CHANGED/)
    expect(await signed(shop)).toEqual(before)
  })

  test('whose source is known names it', async () => {
    const shop = new Workshop({ ...SITE, 'a.html': `<p>${token()}` })
    const publishing = shop.publisher().publish(shop.dir, { sources: { '/a.html': 'src/a.md' } })
    expect(await messageOf(publishing)).toContain('/a.html:1: a GitHub token (made of `src/a.md`)')
  })
})

describe('what the newest release has', () => {
  test('is not searched again, also when it was written again or is moved', async () => {
    const page = `<p>${token()}`
    const shop = new Workshop(SITE)
    await shop.publish()
    shop.write({ 'a.html': page })
    allow(shop, exceptionsIn(await messageOf(shop.publisher().publish(shop.dir))))
    await shop.publish()
    allow(shop, [])
    shop.write({ 'a.html': page, 'b.html': page, 'index.html': '<p>Hello again' })
    expect(await shop.publish()).toMatchObject({ release: 3, added: 1, changed: 1 })
  })

  test('may be rolled back to', async () => {
    const shop = new Workshop(SITE)
    await shop.publish()
    shop.write({ 'index.html': `<p>${token()}` })
    allow(shop, exceptionsIn(await messageOf(shop.publisher().publish(shop.dir))))
    await shop.publish()
    shop.write({ 'index.html': '<p>without' })
    allow(shop, [])
    await shop.publish()
    expect(await shop.publisher().rollback(2)).toMatchObject({ status: 'published', release: 4 })
  })
})

describe('an exception', () => {
  test('that the error names lets that one through, and no other in the same file', async () => {
    const shop = new Workshop(SITE)
    await shop.publish()
    const example = token()
    shop.write({ 'a.html': `<p>${example}` })
    const exceptions = exceptionsIn(await messageOf(shop.publisher().publish(shop.dir)))
    expect(exceptions).toEqual([expect.stringMatching(/^\/a\.html: forge-token [0-9a-f]{12}$/)])
    shop.write({ 'a.html': `<p>${example}\n<p>${token()}` })
    allow(shop, exceptions)
    expect(await messageOf(shop.publisher().publish(shop.dir))).toMatch(/^1 secret .*\n\/a\.html:2: /)
    shop.write({ 'a.html': `<p>${example}`, 'b.html': `<p>${example}` })
    expect(await messageOf(shop.publisher().publish(shop.dir))).toMatch(/^1 secret .*\n\/b\.html:1: /)
    shop.write({ 'b.html': '<p>' })
    expect(await shop.publish()).toMatchObject({ release: 2, added: 2 })
  })

  test('without a fingerprint lets any of its kind in its file through', async () => {
    const shop = new Workshop(SITE)
    await shop.publish()
    allow(shop, ['/a.html: forge-token'])
    shop.write({ 'a.html': `<p>${token()} ${token()}` })
    expect(await shop.publish()).toMatchObject({ release: 2 })
    shop.write({
      'a.html': `<p>xo${'xb-'}${chance(12, '123456789')}-${chance(12, '123456789')}-${chance(24)}`
    })
    expect(await codeOfRejection(shop.publisher().publish(shop.dir))).toBe('SECRET_FOUND')
  })

  test.each([
    [['/a.html'], 'is not of the form'],
    [['a.html: forge-token'], 'is not of the form'],
    [['/a.html: forge-token zz'], 'is not of the form'],
    [['/a.html: tokens'], 'names no rule; known are private-key,'],
    [['/a.html: site-secret'], 'cannot be allowed'],
    [['/a.html: site-secret 0123456789ab'], 'cannot be allowed'],
    [['/a.html: backup-words'], 'needs the fingerprint'],
    [[7], 'is not a list of texts'],
    ['/a.html: forge-token', 'is not of the form']
  ])('of another form is refused: %j', async (exceptions, why) => {
    const shop = new Workshop(SITE)
    await shop.publish()
    allow(shop, exceptions as string[])
    const publishing = shop.publisher().publish(shop.dir)
    expect(await codeOfRejection(publishing)).toBe('CONFIG_INVALID')
    expect(await messageOf(publishing)).toContain(why)
  })

  test('stays when `sitedrive.json` is written anew', async () => {
    const shop = new Workshop(SITE)
    await shop.publish()
    allow(shop, ['/a.html: forge-token'])
    expect(readProject(shop.projectDir, parseKey)?.secrets).toEqual({ allow: ['/a.html: forge-token'] })
  })
})

test('a file that `.sitedriveignore` names is not searched and not published', async () => {
  const shop = new Workshop({ ...SITE, 'keys/a.html': `<p>${token()}` })
  writeFileSync(path.join(shop.projectDir, '.sitedriveignore'), 'keys/\n')
  expect(await shop.publish()).toMatchObject({ release: 1, added: 1 })
})

describe('what this machine knows to be secret', () => {
  test('is refused: the site’s secret as digits and as words', async () => {
    const shop = new Workshop(SITE)
    await shop.publish()
    const { secret, words } = await exportSecret({ projectDir: shop.projectDir, env: shop.env })
    for (const text of [
      secret,
      secret.toUpperCase(),
      words.join(' '),
      words.map((word) => `<li>${word}</li>`).join('')
    ]) {
      shop.write({ 'a.html': `<p>${text}` })
      const message = await messageOf(shop.publisher().publish(shop.dir))
      expect(message).toMatch(/\n\/a\.html:1: the (secret of a site|words of a site’s secret)\n/)
    }
  })

  test('is refused: what `.env` and the environment have under the name of a secret', async () => {
    const shop = new Workshop(SITE)
    await shop.publish()
    const values = { API_TOKEN: chance(9), VITE_TOKEN: chance(20), PASSWORD: `${chance(19)}7` }
    writeFileSync(
      path.join(shop.projectDir, '.env.local'),
      `API_TOKEN="${values.API_TOKEN}"\nVITE_TOKEN=${values.VITE_TOKEN}\n`
    )
    const publisher = shop.publisher({ env: { ...shop.env, MAIL_PASSWORD: values.PASSWORD } })
    shop.write({ 'a.js': `a("${values.VITE_TOKEN}")` })
    expect(await publisher.publish(shop.dir)).toMatchObject({ release: 2 })
    shop.write({ 'a.js': `a("${values.API_TOKEN}")\nb("${values.PASSWORD}")` })
    const message = await messageOf(publisher.publish(shop.dir))
    expect(message).toContain('/a.js:1: the value of `API_TOKEN` in `.env.local`')
    expect(message).toContain('/a.js:2: the value of the environment variable `MAIL_PASSWORD`')
    for (const value of Object.values(values)) expect(message).not.toContain(value)
  })
})
