import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { SitedriveError } from '../src/error.js'
import type { Address } from '../src/holepunch/bootstrap.js'
import { readHead, writeHead } from '../src/machine/signed-head.js'
import type { Outcome } from '../src/outcome/outcome.js'
import type { Progress } from '../src/progress.js'
import { SeedLink } from '../src/holepunch/seed-link.js'
import type { SiteCores } from '../src/holepunch/seed-protocol.js'
import type { PublisherOptions } from '../src/publish/publisher-contract.js'
import { describeOutcome } from '../src/outcome/report.js'
import { SeedUplink } from '../src/session/seed-uplink.js'
import type { Uplink } from '../src/session/uplink.js'
import {
  exportKey,
  freshMachine,
  newSite,
  pin,
  publish,
  QUICK,
  seededSite,
  SITE
} from './support/seeded-site.js'
import { hollowSeed, localDht, ownSeed, readFromNetwork, vanillaSeed } from './support/seeds.js'
import { codeOfRejection, Workshop } from './support/workshop.js'

describe.each([
  ['an unmodified blind peer', (bootstrap: Address[], key: string) => vanillaSeed(bootstrap, [key])],
  ['a sitedrive seed', (bootstrap: Address[]) => ownSeed(bootstrap)]
])('with %s', (_name, openSeed) => {
  test('a release is confirmed, and a reader gets it when the publisher is gone', async () => {
    const bootstrap = await localDht()
    const { shop, publisherKey } = await newSite()
    const seed = await openSeed(bootstrap, publisherKey)
    pin(shop, [seed.key])
    shop.write({ 'index.html': 'two' })
    const outcome = await publish(shop, bootstrap)
    expect(outcome.seeds).toEqual([
      { key: seed.key, confirmed: true, ms: expect.any(Number) as number, problem: null }
    ])
    expect(outcome.notes).toMatchObject({ unconfirmed: null, isUnseeded: false })
    expect(await readFromNetwork(bootstrap, shop.key)).toEqual(shop.onDisk())

    expect(await shop.publisher({ bootstrap }).publish(shop.dir)).toMatchObject({
      status: 'unchanged',
      seeds: []
    })
    shop.write({ 'index.html': 'three' })
    await publish(shop, bootstrap)
    expect(await readFromNetwork(bootstrap, shop.key, 3)).toEqual(shop.onDisk())
  })

  test('a fresh machine with the secret fetches the index, uploads what is new alone, and goes on with the releases', async () => {
    const bootstrap = await localDht()
    const { shop, publisherKey } = await newSite()
    const seed = await openSeed(bootstrap, publisherKey)
    pin(shop, [seed.key])
    shop.write({ 'index.html': 'two' })
    await publish(shop, bootstrap)

    const ci = freshMachine(shop)
    ci.env['CI'] = 'true'
    ci.write({ 'index.html': 'from CI' })
    const outcome = await publish(ci, bootstrap)
    expect(outcome).toMatchObject({ release: 3, added: 0, changed: 1, removed: 0, bytesWritten: 7 })
    expect(outcome.seeds[0]?.confirmed).toBe(true)
    expect(await readFromNetwork(bootstrap, shop.key, 3)).toEqual(ci.onDisk())

    const again = freshMachine(ci.env['SITEDRIVE_SECRET'] ? shop : ci)
    again.write({ 'index.html': 'from CI' })
    expect(await again.publisher({ bootstrap }).publish(again.dir)).toMatchObject({
      status: 'unchanged',
      release: 3
    })
  })
})

describe('when seeds cannot be reached', () => {
  test('a publish that is stopped while it waits for them makes no release', async () => {
    const bootstrap = await localDht()
    const { shop } = await newSite()
    const gone = await ownSeed(bootstrap)
    await gone.close()
    pin(shop, [gone.key])
    shop.write({ 'index.html': 'two' })
    const stopping = new AbortController()
    const options: Partial<PublisherOptions> = {
      signal: stopping.signal,
      onProgress: ({ phase }) => phase === 'index' && stopping.abort()
    }
    expect(await codeOfRejection(publish(shop, bootstrap, options))).toBe('ABORTED')
    expect(readHead(shop.paths.head)?.release).toBe(1)
    expect(await shop.published()).toMatchObject({ 'index.html': 'one' })
  })

  test('a release is kept, unannounced, and the next publish hands it on', async () => {
    const bootstrap = await localDht()
    const { shop } = await newSite()
    const gone = await ownSeed(bootstrap)
    await gone.close()
    pin(shop, [gone.key])
    shop.write({ 'index.html': 'two' })
    const outcome = await publish(shop, bootstrap, { seedTimeouts: QUICK })
    expect(outcome).toMatchObject({ release: 2, seeds: [{ key: gone.key, confirmed: false }] })
    expect(
      describeOutcome(outcome)
        .map(({ text }) => text)
        .join('\n')
    ).toContain('Not confirmed')
    expect(outcome.notes.unconfirmed).toEqual([expect.not.stringContaining('no node of the network')])

    const seed = await ownSeed(bootstrap)
    pin(shop, [seed.key])
    const next = await shop.publisher({ bootstrap }).publish(shop.dir)
    expect(next).toMatchObject({
      status: 'unchanged',
      release: 2,
      seeds: [{ key: seed.key, confirmed: true }]
    })
    expect(await readFromNetwork(bootstrap, shop.key)).toEqual(shop.onDisk())
  })

  test('an exclusive machine publishes on, also after a publish that was interrupted, and says so when nothing changed', async () => {
    const bootstrap = await localDht()
    const { shop } = await newSite()
    const gone = await ownSeed(bootstrap)
    await gone.close()
    pin(shop, [gone.key])
    const head = readHead(shop.paths.head)
    if (head) writeHead(shop.paths.head, { ...head, intent: { ...head, version: head.version + 9 } })
    shop.write({ 'index.html': 'two' })
    expect(await publish(shop, bootstrap, { seedTimeouts: QUICK })).toMatchObject({ release: 2 })
    const again = await shop.publisher({ bootstrap, seedTimeouts: QUICK }).publish(shop.dir)
    expect(again.status).toBe('unchanged')
    const said = describeOutcome(again)
      .map(({ text }) => text)
      .join('\n')
    expect(said).toContain('Not confirmed')
    expect(await codeOfRejection(shop.publisher({ bootstrap, seedTimeouts: QUICK }).sync())).toBe(
      'UNCONFIRMED'
    )
  })

  test('a seed that has never heard of the site is no proof that it is new: a fresh machine does not start it over', async () => {
    const { bootstrap, shop, seed } = await seededSite()
    await seed.close() // or the other would fetch the site from it
    const empty = await ownSeed(bootstrap)
    const other = freshMachine(shop)
    pin(other, [empty.key])
    expect(
      await codeOfRejection(other.publisher({ bootstrap, seedTimeouts: QUICK }).publish(other.dir))
    ).toBe('STORE_BEHIND')
  })

  test('`sync` hands the newest release on without a build', async () => {
    const bootstrap = await localDht()
    const { shop } = await newSite()
    const seed = await ownSeed(bootstrap)
    pin(shop, [seed.key])
    expect(await shop.publisher({ bootstrap }).sync()).toMatchObject({
      release: 1,
      seeds: [{ confirmed: true }]
    })
    expect(await readFromNetwork(bootstrap, shop.key)).toEqual(shop.onDisk())
  })

  test('a machine without a network says that, and not that the seed is not there', async () => {
    const { shop, publisherKey } = await newSite()
    pin(shop, [publisherKey]) // any key will do
    const nobody: Address = { host: '127.0.0.1', port: 9 }
    shop.write({ 'index.html': 'two' })
    const outcome = await publish(shop, [nobody], { seedTimeouts: QUICK })
    expect(outcome.notes.unconfirmed).toEqual([expect.stringContaining('no node of the network answers')])
  })

  test('CI fails', async () => {
    const bootstrap = await localDht()
    const { shop } = await newSite()
    const gone = await ownSeed(bootstrap)
    await gone.close()
    pin(shop, [gone.key])
    shop.write({ 'index.html': 'two' })
    shop.env['CI'] = 'true'
    const publishing = shop.publisher({ bootstrap, seedTimeouts: QUICK }).publish(shop.dir)
    expect(await codeOfRejection(publishing)).toBe('UNCONFIRMED')
  })

  test('a machine that may not be alone does not publish, unless the loss is accepted', async () => {
    const { bootstrap, shop, seed } = await seededSite()
    await seed.close()
    const other = freshMachine(shop)
    const publisher = other.publisher({ bootstrap, seedTimeouts: QUICK })
    expect(await codeOfRejection(publisher.publish(other.dir))).toBe('SEED_UNREACHABLE')
    const accepted = await publish(other, bootstrap, { seedTimeouts: QUICK, acceptLoss: true })
    expect(accepted).toMatchObject({ release: 1, seeds: [{ confirmed: false }] })
  })

  test('as many as could hide a confirmed release must answer', async () => {
    const bootstrap = await localDht()
    const { shop } = await newSite()
    const seeds = await Promise.all([ownSeed(bootstrap), ownSeed(bootstrap)])
    pin(
      shop,
      seeds.map(({ key }) => key)
    )
    shop.write({ 'index.html': 'two' })
    await publish(shop, bootstrap)
    await seeds[0]?.close()
    const other = freshMachine(shop)
    const options = { bootstrap, seedTimeouts: QUICK }
    expect(await codeOfRejection(other.publisher(options).publish(other.dir))).toBe('SEED_UNREACHABLE')
    pin(
      other,
      seeds.map(({ key }) => key),
      2
    ) // what two seeds confirmed, either of them knows
    expect(await other.publisher(options).publish(other.dir)).toMatchObject({
      status: 'unchanged',
      release: 2
    })
  })
})

test('what one seed cannot send, a machine without data takes from another', async () => {
  const bootstrap = await localDht()
  const { shop } = await newSite()
  exportKey(shop)
  let isCut = false
  const seeds = await Promise.all([
    // As a plain blind peer, which keeps a part of an index.
    ownSeed(bootstrap, { isSite: () => false, allows: (key) => !(isCut && key === shop.key) }),
    ownSeed(bootstrap)
  ])
  pin(
    shop,
    seeds.map(({ key }) => key),
    1
  )
  shop.write({ 'index.html': 'two' })
  await publish(shop, bootstrap)
  const server = freshMachine(shop)
  isCut = true // from now on the first seed has the head of the index alone
  shop.write({ 'index.html': 'three' })
  await publish(shop, bootstrap, { seedTimeouts: QUICK })

  server.write({ 'index.html': 'from the server' })
  expect(await publish(server, bootstrap, { seedTimeouts: QUICK })).toMatchObject({ release: 4, changed: 1 })
})

describe('two machines', () => {
  test('take turns without a conflict, and each goes on from the other', async () => {
    const { bootstrap, shop } = await seededSite()
    const other = freshMachine(shop)
    exportKey(shop)

    for (let turn = 3; turn <= 8; turn++) {
      const machine = turn % 2 ? other : shop
      machine.write({ 'index.html': `release ${turn}` })
      expect(await publish(machine, bootstrap)).toMatchObject({
        release: turn,
        changed: 1,
        seeds: [{ confirmed: true }]
      })
      expect((await readFromNetwork(bootstrap, shop.key, turn))['index.html']).toBe(`release ${turn}`)
    }
  })

  test('that both published without a seed: the one that is replaced is told which release', async () => {
    const { bootstrap, shop, seed } = await seededSite()
    const other = freshMachine(shop)
    exportKey(shop)

    const gone = await ownSeed(bootstrap)
    await gone.close()
    pin(shop, [gone.key])
    shop.write({ 'index.html': 'never confirmed' })
    const lost = await publish(shop, bootstrap, { seedTimeouts: QUICK, acceptLoss: true })
    other.write({ 'index.html': 'from the other' })
    await publish(other, bootstrap)

    // A publish that fails when its release is complete could not tell it.
    pin(shop, [seed.key, gone.key], 2)
    shop.env['CI'] = 'true'
    const publishing = publish(shop, bootstrap, { seedTimeouts: QUICK, acceptLoss: true })
    expect(await codeOfRejection(publishing)).toBe('UNCONFIRMED')
    delete shop.env['CI']

    pin(shop, [seed.key], 1)
    shop.write({ 'index.html': 'once more' })
    const next = await publish(shop, bootstrap)
    expect(next.notes.overtaken).toMatchObject({ release: lost.release })
    expect(next).toMatchObject({ release: 5, seeds: [{ confirmed: true }] })
    expect(
      describeOutcome(next)
        .map(({ text }) => text)
        .join('\n')
    ).toContain('was overtaken')
    shop.write({ 'index.html': 'and again' })
    expect((await publish(shop, bootstrap)).notes.overtaken).toBe(null)
  })
})

describe('what a seed says', () => {
  test('is told as progress, for each seed: it rises, and ends at all blocks and all bytes', async () => {
    const bootstrap = await localDht()
    const shop = new Workshop({ ...SITE, 'film.bin': Buffer.alloc(3_000_000) })
    await shop.publish()
    let blobs = ''
    const introduced = (_publisher: string, cores: SiteCores) => void (blobs = cores.blobs)
    const seeds = await Promise.all([ownSeed(bootstrap, { introduced }), ownSeed(bootstrap)])
    const keys = seeds.map(({ key }) => key)
    pin(shop, keys, 2)
    shop.write({ 'index.html': 'two' })
    const told: Progress[] = []
    const outcome = await publish(shop, bootstrap, {
      onProgress: (each) => void (each.phase === 'confirm' && told.push(each))
    })
    expect(outcome.seeds).toMatchObject([{ confirmed: true }, { confirmed: true }])
    const all = seeds[0]?.host.sizeOf(blobs)?.byteLength ?? 0
    expect(all).toBeGreaterThan(3_000_000)
    for (const key of keys) {
      const own = told.filter(({ seed }) => seed === key)
      for (const sort of ['done', 'bytes', 'total'] as const) {
        const numbers = own.map((each) => each[sort])
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
      }
      const last = own.at(-1)
      expect(last).toMatchObject({ done: last?.total, bytes: all })
      expect(own[0]?.bytes).toBeLessThan(all)
    }
  })

  test('of its web address is told with the first release, when it is of this machine and too busy to answer over HTTP', async () => {
    const bootstrap = await localDht()
    const busy = createServer(() => {}) // it never answers
    await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      busy.closeAllConnections()
      busy.close()
    })
    const { shop } = await newSite()
    const mirror = `http://${shop.key}.localhost:${(busy.address() as AddressInfo).port}/`
    const seed = await ownSeed(bootstrap, {
      changed: () => {
        for (const publisher of seed.host.connectedPublishers)
          publisher.answer({ site: shop.key, state: 'kept', quotaBytes: null, usedBytes: 0, mirror })
      }
    })
    pin(shop, [seed.key])
    shop.write({ 'index.html': 'two' })
    expect((await publish(shop, bootstrap)).mirror).toBe(mirror)
  })

  test('that it is full ends the wait at once and reaches the author', async () => {
    const bootstrap = await localDht()
    const { shop } = await newSite()
    const seed = await ownSeed(bootstrap, {
      allows: (_key, { byteLength }) => {
        for (const publisher of seed.host.connectedPublishers) {
          publisher.answer({
            site: shop.key,
            state: 'over quota',
            quotaBytes: 1000,
            usedBytes: 900,
            mirror: null
          })
        }
        return byteLength < 1000
      }
    })
    pin(shop, [seed.key])
    shop.write({ 'index.html': 'two' })
    const outcome = await publish(shop, bootstrap)
    expect(outcome.notes.unconfirmed).toEqual([expect.stringContaining('900 of 1000 bytes')])
  })

  test('is wrong with the site there reaches the author, without control characters', async () => {
    const bootstrap = await localDht()
    const { shop } = await newSite()
    const seed = await ownSeed(bootstrap, {
      changed: () => {
        for (const publisher of seed.host.connectedPublishers) {
          const problems = ['`/a.html` is not what was signed.\u001b[2J']
          const rest = { state: 'kept', quotaBytes: null, usedBytes: 0, mirror: null } as const
          publisher.answer({ site: shop.key, ...rest, problems })
        }
      }
    })
    pin(shop, [seed.key])
    shop.write({ 'index.html': 'two' })
    const said = describeOutcome(await publish(shop, bootstrap)).map(({ text }) => text)
    const remark = said.find((text) => text.startsWith(`Seed \`${seed.key}\` says:`))
    expect(remark).toContain('`/a.html` is not what was signed.')
    expect(remark).not.toContain('\u001b')
  })

  test('that it holds all is not believed when it hands out none: it does not confirm', async () => {
    const bootstrap = await localDht()
    const { shop } = await newSite()
    const seed = await hollowSeed(bootstrap)
    pin(shop, [seed.key])
    shop.write({ 'index.html': 'two' })
    const seedTimeouts = { proofTimeoutMs: 1_000 }
    const outcome = await publish(shop, bootstrap, { seedTimeouts })
    expect(outcome.seeds).toMatchObject([{ key: seed.key, confirmed: false }])
    expect(outcome.notes.unconfirmed).toEqual([expect.stringContaining('does not hand it out')])
  })

  test('time in which this process did not run does not count as silence of the seeds', async () => {
    const { bootstrap, shop, seed } = await seededSite()
    shop.write({ 'index.html': 'three', 'large.bin': Buffer.alloc(3_000_000) })
    let last: number | null = null
    let isHalted = false
    const onProgress = ({ phase, done, total }: Progress): void => {
      if (phase !== 'confirm' || done === 0 || done >= total || isHalted) return
      // In a step without progress, which is where silence is counted.
      if (done === last) {
        isHalted = true
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_000)
      }
      last = done
    }
    const outcome = await publish(shop, bootstrap, { onProgress, seedTimeouts: { stallMs: 2_000 } })
    expect(isHalted).toBe(true)
    expect(outcome.seeds).toMatchObject([{ key: seed.key, confirmed: true }])
  })

  test.each([
    ['whose connection ended while the machine slept', (link: SeedLink) => link.close()],
    ['that is silent', () => {}]
  ])('a seed %s is dialled again, however long its packets seem to be on their way', async (_what, end) => {
    const { bootstrap, shop, seed } = await seededSite()
    shop.write({ 'index.html': 'three', 'large.bin': Buffer.alloc(3_000_000) })
    const offer = vi.spyOn(SeedLink.prototype, 'offer')
    const slow = new Set<SeedLink>()
    offer.mockImplementationOnce(function (this: SeedLink) {
      slow.add(this) // it offers nothing, so nothing comes over it
      end(this)
    })
    const roundTrip = vi.spyOn(SeedLink.prototype, 'roundTripMs', 'get')
    roundTrip.mockImplementation(function (this: SeedLink) {
      return slow.has(this) ? 100_000 : 0
    })
    onTestFinished(() => [offer, roundTrip].forEach((spy) => spy.mockRestore()))
    const outcome = await publish(shop, bootstrap)
    expect(slow.size).toBe(1)
    expect(outcome.seeds).toMatchObject([{ key: seed.key, confirmed: true }])
  })

  test('the index never reaches a seed that lacks the blobs it points at', async () => {
    const bootstrap = await localDht()
    const { shop } = await newSite()
    const seed = await ownSeed(bootstrap, { allows: () => false })
    pin(shop, [seed.key])
    shop.write({ 'index.html': 'two' })
    await publish(shop, bootstrap, { seedTimeouts: QUICK })
    expect(seed.host.sizeOf(shop.key)?.length ?? 0).toBe(0)
  })
})

describe('a release that comes in at a seed while it is heard', () => {
  /** The first thing that is read of the index after the seeds were heard is not here any more, so many times. */
  function replaceWhileRead(uplink: Uplink, times: number): Uplink {
    let left = times
    const ask = uplink.ask.bind(uplink)
    uplink.ask = async (writer) => {
      const heard = await ask(writer)
      if (left-- === 0) return heard
      const entry = writer.entry.bind(writer)
      writer.entry = () => {
        writer.entry = entry
        return Promise.reject(new SitedriveError('NOT_HELD', 'A part of the drive is not on this machine.'))
      }
      return heard
    }
    return uplink
  }

  async function publishing(times: number): Promise<{ outcome: Promise<Outcome> }> {
    const { bootstrap, shop } = await seededSite()
    const other = freshMachine(shop)
    other.write({ 'index.html': 'three' })
    const publisher = other.publisher({ bootstrap }, ({ seeds }, { network: identity }) =>
      replaceWhileRead(
        new SeedUplink({ seeds, confirm: 1, identity, bootstrap, onProgress: undefined, signal: undefined }),
        times
      )
    )
    return { outcome: publisher.publish(other.dir) }
  }

  test('is fetched, and the publish goes on from there', async () => {
    const { outcome } = await publishing(2)
    expect(await outcome).toMatchObject({ status: 'published', release: 3 })
  })

  test('time and again is told to the one who publishes', async () => {
    expect(await codeOfRejection((await publishing(3)).outcome)).toBe('OVERTAKEN')
  })
})
