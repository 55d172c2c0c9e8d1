import { cpSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { exportKey, freshMachine, newSite, pin, publish } from './support/seeded-site.js'
import { PlainReader } from './support/plain-reader.js'
import { localDht, ownSeed } from './support/seeds.js'
import { until } from './support/workshop.js'

/** In hypercore 11.37.1 some blocks are lost in about one round of three. */
const ROUNDS = 8

test(
  'a seed that a publish moves to another fork while it fetches from another seed fetches the rest',
  { tags: 'long', timeout: 300_000 },
  async () => {
    const bootstrap = await localDht()
    const { shop } = await newSite()
    exportKey(shop)
    let blobs = ''
    const full = await ownSeed(bootstrap, { introduced: (_publisher, cores) => (blobs = cores.blobs) })
    pin(shop, [full.key])
    const names = Array.from({ length: 60 }, (_, n) => `${n}.bin`)
    shop.write(Object.fromEntries(names.map((name) => [name, randomBytes(600_000)])))
    await publish(shop, bootstrap)
    const other = freshMachine(shop)
    cpSync(shop.dir, other.dir, { recursive: true })

    for (let round = 0; round < ROUNDS; round++) {
      let isFetching = false
      const late = await ownSeed(bootstrap, {
        changed: (key, { length }) => (isFetching ||= key === blobs && length > 0)
      })
      await late.host.keep(shop.key)
      await late.host.keep(blobs)
      late.host.announce(shop.key)
      pin(other, [full.key, late.key])
      other.write({ 'new.html': `round ${round}` })
      await until(() => isFetching)
      await publish(other, bootstrap, { seedTimeouts: { stallMs: 3_000 } })
      const isWhole = () => {
        const [have, want] = [late, full].map((seed) => seed.host.sizeOf(blobs))
        return have?.fork === want?.fork && have?.contiguousLength === want?.length
      }
      await until(isWhole, 60_000)
      const reader = await PlainReader.open(bootstrap, shop.key, late.key)
      const files = await reader.files(round + 3)
      const onDisk = other.onDisk()
      expect(Object.keys(files).toSorted()).toEqual(Object.keys(onDisk).toSorted())
      // Only names: a difference of such files is nothing to print.
      expect(Object.keys(files).filter((name) => files[name] !== onDisk[name])).toEqual([])
      await late.close()
    }
    expect(full.host.sizeOf(blobs)?.fork).toBeGreaterThan(0)
  }
)
