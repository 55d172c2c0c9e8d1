import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import createTestnet from 'hyperdht/testnet.js'
import { Random } from '../support/random.mjs'
import { World } from './world.mjs'

/** Kills between two looks at the whole history. */
const KILLS_BETWEEN = 15
/** A world that has lived so long is closed, and another begins: histories stay short enough to be read whole. */
const KILLS_IN_A_WORLD = 100

export const OPTIONS = { kills: 1_000, worlds: 2, seconds: 7_200, 'longest-sleep': 60 }

/**
 * Kills the programs of several worlds at random moments, until there were so many kills or the time is over.
 *
 * @param {{ seed: number, kills: number, worlds: number, seconds: number, 'longest-sleep': number }} options
 * @returns {Promise<{ violations: string[], facts: [string, string | number][] }>}
 */
export async function torture({ seed, kills, worlds, seconds, 'longest-sleep': longestSleep }) {
  const endsAt = performance.now() + seconds * 1_000
  const began = performance.now()
  const testnet = await createTestnet(10, { host: '127.0.0.1' })
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'sitedrive-torture-')))
  const done = []
  const violations = []
  let begun = 0
  const total = () => done.reduce((sum, world) => sum + world.kills, 0)
  const isOver = () => violations.length > 0 || total() >= kills || performance.now() > endsAt

  const live = async () => {
    while (!isOver()) {
      const number = begun++
      const dir = path.join(root, `world-${number}`)
      const ownSeed = seed + number
      let world = null
      try {
        world = await World.open({
          random: new Random(ownSeed),
          root: dir,
          dht: testnet.bootstrap,
          longestSleep
        })
        done.push(world)
        for (let next = KILLS_BETWEEN; !isOver() && world.kills < KILLS_IN_A_WORLD;) {
          await world.step()
          if (world.kills < next) continue
          next = world.kills + KILLS_BETWEEN
          await world.checkHistory()
          process.stderr.write(`${total()} kills\n`)
        }
        await world.end()
      } catch (error) {
        violations.push(`seed ${ownSeed}: ${error.stack}\n${world?.log ?? ''}`)
      } finally {
        await world?.close()
        rmSync(dir, { recursive: true, force: true, maxRetries: 13 })
      }
    }
  }
  await Promise.all(Array.from({ length: worlds }, live))
  await testnet.destroy()
  rmSync(root, { recursive: true, force: true })

  const sum = (count) => done.reduce((all, world) => all + count(world), 0)
  const killed = {}
  for (const world of done)
    for (const [what, count] of Object.entries(world.killed)) killed[what] = (killed[what] ?? 0) + count
  return {
    violations,
    facts: [
      ['worlds', done.length],
      ['kills', total()],
      ...Object.entries(killed).map(([what, count]) => [`  of a ${what}`, count]),
      ['sleeps', sum((world) => world.sleeps)],
      [
        '  longest time to go on, s',
        (Math.max(0, ...done.map((world) => world.longestWakeMs)) / 1_000).toFixed(1)
      ],
      ['releases', sum((world) => world.releases)],
      ['times that a reader was compared', sum((world) => world.checks)],
      ['broken promises', violations.length],
      ['minutes', ((performance.now() - began) / 60_000).toFixed(1)]
    ]
  }
}
