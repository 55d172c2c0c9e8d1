/**
 * Random schedules of what can happen to a site that is published from several machines, with the real publisher, real
 * Hypercores and real seeds in one process. Replaced are only the wires (`network.ts`) and, for speed, the database under
 * the stores (`memory-db.ts`).
 *
 * `MODEL_RUNS`: how many. `MODEL_SHRINK_MS`: for how long a shorter one is looked for when one fails. `MODEL_SEED` and `MODEL_AT`: run the one again that a failure names.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { keyPair as newKeyPair } from 'hypercore-crypto'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ModelProcess } from './process.js'
import { describeSchedule, NAMED, schedules, type Schedule } from './schedule.js'
import { keepStoresOnDisk, ModelCorestore, stores } from './stores.js'
import { World } from './world.js'

vi.mock('corestore', async () => ({ default: (await import('./stores.js')).ModelCorestore }))
// A store is opened by its folder; `ModelCorestore` opens its database.
vi.mock('../../src/holepunch/steady-storage.js', () => {
  const asFolder = (dir: string) => dir
  return { siteStorage: asFolder, steadyStorage: asFolder }
})
vi.mock('../../src/disk/move-store.js', async () => {
  const { stores } = await import('./stores.js')
  return { moveStore: (from: string, to: string) => stores.move(from, to) }
})
vi.mock('node:fs', async (original) => {
  const { filesInSteps } = await import('./system-calls.js')
  return filesInSteps(await original())
})
vi.mock('node:fs/promises', async (original) => {
  const { promisedFilesInSteps } = await import('./system-calls.js')
  return promisedFilesInSteps(await original())
})
vi.mock('node:timers/promises', async (original) => {
  const { timersInSteps } = await import('./system-calls.js')
  return timersInSteps(await original())
})
vi.mock('../../src/holepunch/file-lock.js', async (original) => {
  const { locksOfProcesses } = await import('./system-calls.js')
  return locksOfProcesses(await original(), await vi.importActual('node:fs'))
})
vi.mock('hyperdht', async () => ({ default: (await import('./network.js')).ModelDht }))
vi.mock('hyperswarm', async () => ({ default: (await import('./network.js')).ModelSwarm }))

const RUNS = Number(process.env['MODEL_RUNS'] ?? 100)
const RUNS_ON_DISK = Math.ceil(RUNS / 200)
// The same schedules each time, so that a change is what makes a difference; `npm run model` and `npm run long` try others.
const SEED = Number(process.env['MODEL_SEED'] ?? 102)
const AT = process.env['MODEL_AT'] === undefined ? null : Number(process.env['MODEL_AT'])
/** So many at once: most of a schedule's time is waiting for who is away or lies. */
const WIDTH = 12
const SHRINK_MS = Number(process.env['MODEL_SHRINK_MS'] ?? 120_000)
const RAM_DISK = '/dev/shm'

vi.setConfig({ testTimeout: 3_600_000 })

beforeAll(() => {
  vi.spyOn(console, 'log').mockImplementation(() => {}) // hypercore announces a conflict there
  if (existsSync(RAM_DISK)) vi.stubEnv('TMPDIR', RAM_DISK)
})

afterAll(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

test.concurrent.each(NAMED.map((each) => [each.name, each] as const))(
  '%s',
  async (_name, { schedule, lost }) => {
    const { counts } = await World.run(schedule)
    expect(counts.told).toBeGreaterThan(0)
    if (lost !== undefined) expect(counts.lost).toBe(lost)
  }
)

test('a process of the model does nothing more once it is killed', async () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-model-'))
  const file = path.join(dir, 'file')
  const process = new ModelProcess()
  const keyPair = newKeyPair(randomBytes(32))
  const core = process.run(() => new ModelCorestore(dir).get({ keyPair }))
  await process.run(() => core.append([Buffer.from('before')]))
  process.kill()
  const wasAppended = process.run(() => core.append([Buffer.from('after')]).then(() => true))
  expect(() => process.run(() => writeFileSync(file, 'after'))).toThrow('the process is dead')

  const again = new ModelCorestore(dir) // what held the lock is gone
  const after = again.get({ keyPair })
  await after.ready()
  expect(after.length).toBe(1)
  expect(existsSync(file)).toBe(false)
  await again.close()
  expect(await Promise.race([wasAppended, Promise.resolve(false)])).toBe(false)
  stores.remove(dir)
})

test.runIf(AT === null)(
  `in ${RUNS} schedules no core meets a conflict, whoever lost a release is told, and a confirmed one is lost only to a publish that overlapped it (seed ${SEED})`,
  async () => {
    const counts = await runAll(RUNS, WIDTH)
    // Else the schedules would show little.
    expect(counts.told).toBeGreaterThan(RUNS)
    expect(counts.confirmed).toBeGreaterThan(RUNS / 2)
  }
)

test.runIf(AT === null)(`${RUNS_ON_DISK} of them with stores on the disk (seed ${SEED})`, async () => {
  vi.unstubAllEnvs() // RocksDB is slow on a RAM disk
  keepStoresOnDisk(true)
  try {
    const counts = await runAll(RUNS_ON_DISK, 2)
    expect(counts.told).toBeGreaterThan(0)
  } finally {
    keepStoresOnDisk(false)
  }
})

test.runIf(AT !== null)(`schedule ${AT} of seed ${SEED}`, async () => {
  const schedule = fc.sample(schedules, { seed: SEED, path: String(AT), numRuns: 1 })[0] as Schedule
  const { counts } = await World.run(schedule)
  expect(counts.told).toBeGreaterThan(0)
})

interface Counts {
  told: number
  confirmed: number
}

async function runAll(runs: number, width: number): Promise<Counts> {
  const sums: Counts = { told: 0, confirmed: 0 }
  const all = fc.sample(schedules, { seed: SEED, numRuns: runs })
  let next = 0
  let failure: { at: number; error: unknown } | null = null
  const work = async () => {
    while (next < all.length && !failure) {
      const at = next++
      try {
        const { counts } = await World.run(all[at] as Schedule)
        sums.told += counts.told
        sums.confirmed += counts.confirmed
      } catch (error) {
        failure ??= { at, error }
      }
    }
  }
  await Promise.all(Array.from({ length: width }, work))
  if (failure) await explain(failure, all)
  return sums
}

/** Names the schedule that failed and looks for a shorter one that fails as well. */
async function explain({ at, error }: { at: number; error: unknown }, all: Schedule[]): Promise<never> {
  const property = fc.asyncProperty(schedules, async (schedule) => {
    await World.run(schedule)
  })
  const { counterexample } = await fc.check(property, {
    seed: SEED,
    path: String(at),
    interruptAfterTimeLimit: SHRINK_MS
  })
  const shorter = counterexample?.[0] ?? null
  throw new Error(
    `MODEL_SEED=${SEED} MODEL_AT=${at}: ${describeSchedule(all[at] as Schedule)}\n` +
      (shorter ? `shorter: ${describeSchedule(shorter)}\n` : 'not again when it ran alone: a race\n') +
      String(error),
    { cause: error }
  )
}
