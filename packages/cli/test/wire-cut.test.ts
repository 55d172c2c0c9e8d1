import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Network, SeedHost, type Address, type CoreSize } from '@sitedrive/core/drive'
import { followSite } from '@sitedrive/mirror'
import { localDht, temporaryFolder, until } from '@sitedrive/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { seenOf, Visitor, type Seen } from './support/visitor.js'
import { Workbench, type Started } from './support/workbench.js'

/** A seed of the test's own process, which therefore sees each block at the moment when it comes. */
class WatchedSeed {
  blobsKey = ''
  /** Blocks that came. */
  seen = 0
  /** Told of every block and head that comes. */
  onChange: (key: string, size: CoreSize) => void = () => {}
  private host!: SeedHost

  static async open(bootstrap: Address[]): Promise<WatchedSeed> {
    const seed = new WatchedSeed()
    seed.host = await SeedHost.open({
      dir: temporaryFolder(),
      secret: randomBytes(32),
      bootstrap,
      admission: {
        introduced: (_publisher, { blobs }) => void (seed.blobsKey = blobs),
        isSite: (key) => key !== seed.blobsKey,
        admits: (_publisher, { key }) => {
          setImmediate(() => seed.host.announce(key))
          return true
        },
        allows: () => true,
        changed: (key, size) => seed.onChange(key, size),
        withheld: () => []
      }
    })
    onTestFinished(() => seed.host.close())
    return seed
  }

  get key(): string {
    return this.host.key
  }

  sizeOf(key: string): CoreSize {
    const size = this.host.sizeOf(key)
    if (!size) throw new Error('the seed does not keep it')
    return size
  }
}

async function untilSame(read: () => Promise<Seen | null>, seen: Seen): Promise<void> {
  await expect.poll(read, { timeout: 60_000 }).toEqual(seen)
}

const FIRST = { 'index.html': 'one', 'about.html': 'about', 'image.bin': randomBytes(90_000).toString('hex') }
const SMALL = { 'index.html': 'two', 'new.html': 'new' }
/** More than is on its way at one time. */
const LARGE = Object.fromEntries(
  Array.from({ length: 8 }, (_, n) => [`large-${n}.bin`, randomBytes(600_000).toString('hex')])
)

/** More entries than come at one time. */
const MANY = Object.fromEntries(Array.from({ length: 2_000 }, (_, n) => [`many/${n}.html`, `page ${n}`]))

const inDist = (files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`dist/${name}`, text]))

type Stage = Awaited<ReturnType<typeof confirmedSite>>

/** A site with one confirmed release. @param isExported its key was shown once, so every publish moves to a higher fork */
async function confirmedSite(isExported: boolean) {
  const dht = await localDht()
  const seed = await WatchedSeed.open(dht.bootstrap)
  const author = await new Workbench(inDist(FIRST)).hasKey()
  await author.did('init', '--seed', seed.key)
  const first = await author.json('--bootstrap', dht.variable, 'publish', 'dist')
  expect(first.value).toMatchObject({ release: 1, fork: 0, seeds: [{ confirmed: true }] })
  if (isExported) await author.did('key', 'show', '--secret')
  const before = { index: seed.sizeOf(author.key), blobs: seed.sizeOf(seed.blobsKey) }
  return { dht, seed, author, before }
}

interface Cut {
  files: Record<string, string>
  /** The moment, as the seed sees it. */
  isNow: (stage: Stage, key: string, size: CoreSize) => boolean
  /** What the seed is left with. */
  leaves: (stage: Stage) => void
}

const IN_BLOBS = 'in the middle of the blobs'
const AFTER_BLOBS = 'between the blobs and the index'
const IN_INDEX = 'in the middle of the index'

const CUTS: Record<string, Cut> = {
  [IN_BLOBS]: {
    files: LARGE,
    isNow: ({ seed, before }, key, size) =>
      key === seed.blobsKey && size.length > before.blobs.length && ++seed.seen === 10,
    leaves: ({ seed, author, before }) => {
      const blobs = seed.sizeOf(seed.blobsKey)
      expect(blobs.contiguousLength).toBeLessThan(blobs.length)
      expect(seed.sizeOf(author.key)).toEqual(before.index)
    }
  },
  [AFTER_BLOBS]: {
    files: SMALL,
    isNow: ({ seed, before }, key, size) =>
      key === seed.blobsKey &&
      size.length > before.blobs.length &&
      size.contiguousLength === before.blobs.length + Object.keys(SMALL).length + 1,
    leaves: ({ seed, author, before }) => {
      const blobs = seed.sizeOf(seed.blobsKey)
      expect(blobs.contiguousLength).toBe(blobs.length)
      expect(blobs.length).toBeGreaterThan(before.blobs.length)
      expect(seed.sizeOf(author.key)).toEqual(before.index)
    }
  },
  [IN_INDEX]: {
    files: MANY,
    isNow: ({ author, before }, key, size) => key === author.key && size.length > before.index.length,
    leaves: ({ seed, author, before }) => {
      const index = seed.sizeOf(author.key)
      expect(index.length).toBeGreaterThan(before.index.length)
      expect(index.contiguousLength).toBeLessThan(index.length)
    }
  }
}

/** Publishes, and kills the process with all its connections at that moment. */
async function publishUntilCut(stage: Stage, cut: Cut): Promise<void> {
  const { author, seed, dht } = stage
  author.write(inDist(cut.files))
  let publish: Started | null = null
  let isCut = false
  seed.onChange = (key, size) => {
    if (isCut || !cut.isNow(stage, key, size)) return
    isCut = true
    publish?.kill('SIGKILL')
  }
  publish = author.start(['--bootstrap', dht.variable, 'publish', 'dist'])
  const { exitCode, stdout, stderr } = await publish.ended
  expect([isCut, exitCode, stdout], stderr).toEqual([true, null, ''])
  seed.onChange = () => {}
}

const SECRET_IN_CI = 'CI with the secret'
const RESTORED = 'a machine where the key was restored'
const ITSELF = 'the same machine'

/** Who publishes next. @returns runs the command line there */
const HEALERS: Record<
  string,
  (author: Workbench) => Promise<(...words: string[]) => ReturnType<Workbench['run']>>
> = {
  [SECRET_IN_CI]: async (author) => {
    const secret = readFileSync(author.state('secret'), 'utf8').trim()
    return (...words) => author.elsewhere().with({ SITEDRIVE_SECRET: secret, CI: 'true' }, ...words)
  },
  [RESTORED]: async (author) => {
    const secret = readFileSync(author.state('secret'), 'utf8').trim()
    const fresh = author.elsewhere()
    expect(await fresh.start(['key', 'restore'], { stdin: `${secret}\n` }).ended).toMatchObject({
      exitCode: 0
    })
    return (...words) => fresh.run(...words)
  },
  'the same machine':
    async (author) =>
    (...words) =>
      author.run(...words)
}

/** The wire is cut at a moment after which the seed has heard nothing of the new index. */
const BEFORE_THE_INDEX = [IN_BLOBS, AFTER_BLOBS]

describe.each(BEFORE_THE_INDEX)('a publisher cut off %s', (moment) => {
  const cases = [
    { isExported: false, healer: ITSELF },
    { isExported: false, healer: SECRET_IN_CI },
    { isExported: false, healer: RESTORED },
    { isExported: true, healer: SECRET_IN_CI },
    { isExported: true, healer: ITSELF }
  ]
  for (const { isExported, healer } of cases) {
    const isMain = moment === IN_BLOBS && healer === ITSELF && !isExported
    const tags = isMain ? [] : ['long']
    test(
      `leaves the last release whole, and ${healer} heals the site (exported key: ${isExported})`,
      { timeout: 180_000, tags },
      async () => {
        const cut = CUTS[moment]!
        const stage = await confirmedSite(isExported)
        const { author, dht, seed } = stage
        const [first, second] = [seenOf(1, FIRST), seenOf(2, { ...FIRST, ...cut.files })]
        const before = await Visitor.open(dht.bootstrap, author.key)
        await untilSame(() => before.pull(), first)

        await publishUntilCut(stage, cut)
        cut.leaves(stage)
        expect(await before.browse()).toEqual(first)
        const after = await Visitor.open(dht.bootstrap, author.key)
        await untilSame(() => after.browse(), first)

        const publish = await HEALERS[healer]!(author)
        const words = ['--json', '--bootstrap', dht.variable, 'publish', 'dist']
        const { exitCode, stdout, stderr } = await publish(...words)
        expect(exitCode, stderr).toBe(0)
        expect(JSON.parse(stdout)).toMatchObject({ release: 2, seeds: [{ confirmed: true }] })
        for (const visitor of [before, after, await Visitor.open(dht.bootstrap, author.key)]) {
          await untilSame(() => visitor.pull(), second)
          await untilSame(() => visitor.browse(), second)
          expect(await visitor.browse(stage.before.index.length)).toEqual(first)
          expect(visitor.conflicts).toBe(0)
        }

        const { length, contiguousLength } = seed.sizeOf(seed.blobsKey)
        expect(contiguousLength).toBe(length)
        const used = new Set<number>()
        for (const version of [stage.before.index.length, seed.sizeOf(author.key).length])
          for (const block of await before.blocksAt(version)) used.add(block)
        const unused = Array.from({ length }, (_, block) => block).filter((block) => !used.has(block))
        expect(unused, 'blocks that no release points at').toEqual([])
      }
    )
  }
})

test(
  `a publisher cut off ${IN_INDEX}: mirrors show the last release on, another machine heals the site, and the first one follows it`,
  { tags: 'long', timeout: 180_000 },
  async () => {
    const cut = CUTS[IN_INDEX]!
    const stage = await confirmedSite(false)
    const { author, dht } = stage
    const network = Network.open({ bootstrap: dht.bootstrap })
    const mirror = await followSite({ key: author.key, dir: temporaryFolder(), network })
    onTestFinished(async () => {
      await mirror.close()
      await network.close()
    })
    expect(await mirror.ready(20_000)).toBe(true)

    await publishUntilCut(stage, cut)
    cut.leaves(stage)
    // The seed tells nobody of a state of which it has a part.
    expect(mirror.newestVersion).toBe(stage.before.index.length)
    expect(mirror.state?.version).toBe(stage.before.index.length)

    const words = ['--json', '--bootstrap', dht.variable, 'publish', 'dist']
    const healed = await (await HEALERS[SECRET_IN_CI]!(author))(...words)
    expect(healed.exitCode, healed.stderr).toBe(0)
    const { version } = JSON.parse(healed.stdout) as { version: number }
    await until(() => mirror.state?.version === version)

    const { exitCode, stderr } = await author.run(...words)
    expect(exitCode, stderr).toBe(0)
    const visitor = await Visitor.open(dht.bootstrap, author.key)
    await untilSame(() => visitor.browse(), seenOf(2, { ...FIRST, ...MANY }))
    expect(visitor.conflicts).toBe(0)
  }
)

test('a mirror that comes anew after a publish that changed the fork was cut off shows the last release', async () => {
  const stage = await confirmedSite(true)
  await publishUntilCut(stage, CUTS[AFTER_BLOBS]!)
  const visitor = await Visitor.open(stage.dht.bootstrap, stage.author.key)
  await untilSame(() => visitor.browse(), seenOf(1, FIRST))
  expect(await visitor.pull()).toEqual(seenOf(1, FIRST))
})
