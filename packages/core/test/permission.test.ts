import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { initProject, readLog, showKey } from '../src/index.js'
import { readStatus } from '../src/status-entry.js'
import { codeOfRejection, Workshop } from './support/workshop.js'

const SITE = { 'index.html': 'home', 'about.html': 'about' }

/** A site that was published once, and a folder that carries its `sitedrive.json` on a machine of its own. */
async function cloneOfPublished(): Promise<{ author: Workshop; clone: Workshop }> {
  const author = new Workshop(SITE)
  await author.publish()
  const clone = new Workshop(SITE)
  cpSync(path.join(author.projectDir, 'sitedrive.json'), path.join(clone.projectDir, 'sitedrive.json'))
  return { author, clone }
}

describe('a folder that carries a key', () => {
  test('is not published by a machine without the secret, and fails only where publishing is required', async () => {
    const { clone } = await cloneOfPublished()
    expect(await clone.publisher().publish(clone.dir)).toMatchObject({
      status: 'skipped',
      reason: 'no secret'
    })
    expect(await codeOfRejection(clone.publisher({ required: true }).publish(clone.dir))).toBe('NO_SECRET')
    expect(existsSync(clone.home)).toBe(false)
  })

  test('is not published from a clone on the machine that has the secret, until somebody says so', async () => {
    const { author, clone } = await cloneOfPublished()
    clone.env['SITEDRIVE_HOME'] = author.home
    clone.write({ 'index.html': 'from the clone' })
    expect(await clone.publisher().publish(clone.dir)).toMatchObject({
      status: 'skipped',
      reason: 'not bound',
      message: expect.stringContaining(
        `The site is published from \`${author.projectDir}\`. To make it one:`
      ) as string
    })
    expect(await codeOfRejection(clone.publisher({ required: true }).publish(clone.dir))).toBe('NOT_BOUND')
    const no = clone.publisher({ confirm: async () => false })
    expect(await no.publish(clone.dir)).toMatchObject({ status: 'skipped', reason: 'not bound' })
    expect(await author.published()).toEqual(author.onDisk())

    const yes = clone.publisher({ confirm: async () => true })
    expect(await yes.publish(clone.dir)).toMatchObject({ status: 'published', release: 2 })
    clone.write({ 'index.html': 'again' })
    expect(await clone.publisher().publish(clone.dir)).toMatchObject({ status: 'published', release: 3 })
  })

  test('that was moved is another folder; what is said names the old one, and asks whether this is it', async () => {
    const { author } = await cloneOfPublished()
    const moved = new Workshop(SITE, author.home)
    cpSync(author.projectDir, moved.projectDir, { recursive: true })
    const before = await moved.publisher().publish(moved.dir)
    expect(before).toMatchObject({
      reason: 'not bound',
      message: expect.not.stringContaining('moved') as string
    })

    rmSync(author.projectDir, { recursive: true })
    const gone = `Its folder was \`${author.projectDir}\`, which is gone.`
    expect(await moved.publisher().publish(moved.dir)).toMatchObject({
      status: 'skipped',
      reason: 'not bound',
      message: expect.stringMatching(
        /which is gone\. If you moved or renamed it, run this once .*`npx sitedrive init`\.$/
      ) as string
    })
    const questions: string[] = []
    const confirm = async (question: string) => questions.push(question) > 0
    moved.write({ 'index.html': 'moved' })
    expect(await moved.publisher({ confirm }).publish(moved.dir)).toMatchObject({ release: 2 })
    expect(questions).toEqual([expect.stringContaining(gone)])
  })
})

describe('a folder that lost its sitedrive.json', () => {
  test('is not published under another address in silence; init takes the old key up again, and --new makes a new one', async () => {
    const shop = new Workshop(SITE)
    await shop.publish()
    const { key } = shop
    const place = { projectDir: shop.projectDir, env: shop.env }
    rmSync(path.join(shop.projectDir, 'sitedrive.json'))
    shop.write({ 'index.html': 'two' })
    expect(await shop.publisher().publish(shop.dir)).toMatchObject({
      status: 'skipped',
      reason: 'project file lost',
      message: expect.stringContaining(`published \`${key}\` before`) as string
    })
    expect(await codeOfRejection(shop.publisher({ required: true }).publish(shop.dir))).toBe('NO_PROJECT')
    expect(existsSync(path.join(shop.projectDir, 'sitedrive.json'))).toBe(false)
    for (const asked of [
      readLog(place.projectDir, place.env),
      showKey(place),
      readStatus(place.projectDir, place.env)
    ])
      await expect(asked).rejects.toThrow(`published \`${key}\` before`)

    expect(await initProject(place)).toMatchObject({ did: 'recalled', project: { key } })
    expect(await shop.publisher().publish(shop.dir)).toMatchObject({ status: 'published', release: 2 })

    rmSync(path.join(shop.projectDir, 'sitedrive.json'))
    const fresh = await initProject(place, { replaceKey: true })
    expect(fresh.did).toBe('minted')
    expect(fresh.project.key).not.toBe(key)
  })
})

describe('a process that was started without the secret that its parent keeps', () => {
  test('makes no key', async () => {
    for (const keeper of ['sitedrive run', 'dev process']) {
      const shop = new Workshop(SITE)
      shop.env['SITEDRIVE_SECRET_KEPT_BY'] = keeper
      expect(await shop.publisher().publish(shop.dir)).toMatchObject({ reason: 'no key in CI' })
      expect(existsSync(path.join(shop.projectDir, 'sitedrive.json'))).toBe(false)
      expect(existsSync(shop.home)).toBe(false)
    }
  })

  test('leaves publishing to a parent that does it, also where it is required; on this machine, too, from a folder that was never bound', async () => {
    const { author, clone } = await cloneOfPublished()
    for (const home of [clone.home, author.home]) {
      const env = { SITEDRIVE_HOME: home, SITEDRIVE_SECRET_KEPT_BY: 'sitedrive run' }
      const confirm = async () => expect.unreachable('nobody is to be asked')
      const outcome = await clone.publisher({ env, required: true, confirm }).publish(clone.dir)
      expect(outcome).toMatchObject({ status: 'skipped', reason: 'left to parent' })
    }
  })

  test('does not call that done when the parent publishes nothing', async () => {
    const { clone } = await cloneOfPublished()
    clone.env['SITEDRIVE_SECRET_KEPT_BY'] = 'dev process'
    const outcome = await clone.publisher().publish(clone.dir)
    expect(outcome).toMatchObject({ message: expect.stringContaining('sitedrive key restore') as string })
    expect(await codeOfRejection(clone.publisher({ required: true }).publish(clone.dir))).toBe('NO_SECRET')
  })

  test('publishes from a folder that is bound', async () => {
    const { author } = await cloneOfPublished()
    author.env['SITEDRIVE_SECRET_KEPT_BY'] = 'sitedrive run'
    author.write({ 'index.html': '2' })
    expect(await author.publish()).toMatchObject({ release: 2 })
  })
})

describe('CI', () => {
  test('never makes a key', async () => {
    for (const CI of ['true', '1', 'yes']) {
      const shop = new Workshop(SITE)
      shop.env['CI'] = CI
      expect(await shop.publisher().publish(shop.dir)).toMatchObject({
        status: 'skipped',
        reason: 'no key in CI'
      })
      expect(await codeOfRejection(shop.publisher({ required: true }).publish(shop.dir))).toBe('NO_PROJECT')
      expect(await shop.publisher().site()).toEqual({ key: null, url: null, mirror: null })
      expect(existsSync(path.join(shop.projectDir, 'sitedrive.json'))).toBe(false)
    }
  })

  test('without the secret builds and says one line', async () => {
    const { clone } = await cloneOfPublished()
    clone.env['CI'] = 'true'
    const outcome = await clone.publisher().publish(clone.dir)
    expect(outcome).toMatchObject({
      status: 'skipped',
      message: expect.stringContaining('SITEDRIVE_SECRET') as string
    })
  })

  test('with the secret of the folder may publish; its empty store is behind, which must be accepted', async () => {
    const { author, clone } = await cloneOfPublished()
    clone.env['CI'] = 'true'
    clone.env['SITEDRIVE_SECRET'] = readFileSync(author.paths.secret, 'utf8').trim()
    expect(await codeOfRejection(clone.publisher().publish(clone.dir))).toBe('STORE_BEHIND')
    const outcome = await clone.publish({ acceptLoss: true })
    expect(outcome.key).toBe(author.key)
    expect(outcome.fork).toBeGreaterThan(0)
  })

  test('with the secret of another site is left unpublished, and with no secret at all in it is an error', async () => {
    const { clone } = await cloneOfPublished()
    clone.env['SITEDRIVE_SECRET'] = 'ab'.repeat(32)
    expect(await clone.publisher().publish(clone.dir)).toMatchObject({
      status: 'skipped',
      reason: 'other secret'
    })
    clone.env['SITEDRIVE_SECRET'] = 'a secret'
    expect(await codeOfRejection(clone.publisher().publish(clone.dir))).toBe('BAD_SECRET')
    clone.env['SITEDRIVE_SECRET'] = 'abcdef'
    expect(await codeOfRejection(clone.publisher().publish(clone.dir))).toBe('BAD_SECRET')
  })
})

describe('switched off', () => {
  test('by option or by SITEDRIVE_PUBLISH, a build is left unpublished and the address stays known', async () => {
    const shop = new Workshop(SITE)
    expect(await shop.publisher({ publish: false }).publish(shop.dir)).toMatchObject({ reason: 'off' })
    expect(await shop.publisher({ publish: false }).site()).toMatchObject({ key: null })
    await shop.publish()
    for (const word of ['0', 'false', 'off']) {
      shop.env['SITEDRIVE_PUBLISH'] = word
      expect(await shop.publisher({ required: true }).publish(shop.dir)).toMatchObject({ reason: 'off' })
      expect(await shop.publisher().site()).toMatchObject({ key: shop.key })
    }
  })
})

test('an empty SITEDRIVE_PUBLISH, as a CI file leaves an undefined variable, switches nothing off', async () => {
  const shop = new Workshop(SITE)
  shop.env['SITEDRIVE_PUBLISH'] = ''
  shop.env['CI'] = ''
  expect(await shop.publish()).toMatchObject({ release: 1 })
})

test('a secret without a sitedrive.json makes no key', async () => {
  const shop = new Workshop(SITE)
  shop.env['SITEDRIVE_SECRET'] = 'ab'.repeat(32)
  expect(await shop.publisher().publish(shop.dir)).toMatchObject({ status: 'skipped' })
  expect(existsSync(path.join(shop.projectDir, 'sitedrive.json'))).toBe(false)
})

test('a damaged secret is an error and is not replaced', async () => {
  const shop = new Workshop(SITE)
  await shop.publish()
  writeFileSync(shop.paths.secret, 'damaged')
  expect(await codeOfRejection(shop.publisher().publish(shop.dir))).toBe('BAD_SECRET')
  expect(readFileSync(shop.paths.secret, 'utf8')).toBe('damaged')
})
