import { existsSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { BuiltSite } from './built-site.js'
import { holdWriterLock } from './hold-writer-lock.js'
import type { IntegrationDriver } from './integration-driver.js'
import { sitesIn } from './published-site.js'
import type { Running } from './run-command.js'
import { temporaryFolder } from './temporary-folder.js'
import { until } from './until.js'

const TIMEOUT_MS = 120_000

// A process that only waits for a timer or a socket takes longer than that; a busy machine does not.
const MAX_SILENT_MS = 4_000

/** Runs the suite that every integration must pass, with real builds of the real generator. */
export function describeIntegration(name: string, driver: IntegrationDriver): void {
  describe(`the integration of ${name}`, { timeout: TIMEOUT_MS }, () => {
    test('the first build publishes every file of the output', async () => {
      const site = new BuiltSite(driver)
      await site.build()
      const { record, files } = await site.published()
      expect(files).toEqual(site.output())
      expect(Object.values(files).join()).toContain('First page')
      expect(record).toMatchObject({ release: 1, added: Object.keys(files).length, changed: 0, removed: 0 })
    })

    test('nothing keeps the process alive after its last line', async () => {
      const site = new BuiltSite(driver)
      for (const build of [await site.build(), await site.build()]) {
        expect(build.silentMs).toBeLessThan(MAX_SILENT_MS)
      }
    })

    test('an unchanged rebuild makes no release and says one line', async () => {
      const site = new BuiltSite(driver)
      await site.build()
      const before = await site.published()
      const again = await site.build()
      expect(await site.published()).toEqual(before)
      expect(driver.linesOf(again)).toEqual([expect.stringContaining('No change')])
    })

    test('an edit is one change', async () => {
      const site = new BuiltSite(driver)
      await site.build()
      driver.writePage(site.dir, 'two', 'Second page, edited')
      await site.build()
      const { record, files } = await site.published()
      expect(record).toMatchObject({ release: 2, added: 0, changed: 1, removed: 0 })
      expect(files).toEqual(site.output())
      expect(Object.values(files).join()).toContain('Second page, edited')
    })

    test('a deleted page is one removal', async () => {
      const site = new BuiltSite(driver)
      await site.build()
      driver.deletePage(site.dir, 'two')
      await site.build()
      const { record, files } = await site.published()
      expect(record).toMatchObject({ release: 2, added: 0, changed: 0, removed: 1 })
      expect(files).toEqual(site.output())
      expect(Object.values(files).join()).not.toContain('Second page')
    })

    test('a failed build publishes nothing and keeps the exit code of the generator', async () => {
      const plain = new BuiltSite(driver, { withIntegration: false })
      driver.breakBuild(plain.dir)
      const { exitCode } = await plain.tryBuild()
      expect(exitCode).not.toBe(0)

      const site = new BuiltSite(driver)
      await site.build()
      const before = await site.published()
      driver.writePage(site.dir, 'one', 'First page, edited')
      driver.breakBuild(site.dir)
      expect((await site.tryBuild()).exitCode).toBe(exitCode)
      expect(await site.published()).toEqual(before)
    })

    test('a first build that fails mints no key', async () => {
      const site = new BuiltSite(driver)
      driver.breakBuild(site.dir)
      await site.tryBuild()
      expect(existsSync(path.join(site.dir, 'sitedrive.json'))).toBe(false)
      expect(sitesIn(site.home)).toEqual([])
    })

    test('of two builds at once the site ends equal to the disk', async () => {
      const site = new BuiltSite(driver)
      await site.build()
      driver.writePage(site.dir, 'four', 'Fourth page')
      const first = site.start()
      driver.writePage(site.dir, 'two', 'Second page, edited')
      driver.writePage(site.dir, 'five', 'Fifth page')
      const second = site.start()
      const builds = await Promise.all([first.finished, second.finished])
      const failed = builds.filter(({ exitCode }) => exitCode !== 0)
      // Some generators empty their output folder first, and one of them then writes into what the other takes away.
      expect(failed.filter(({ output }) => !/ENOENT|no such file or directory/.test(output))).toEqual([])
      if (failed.length > 0) await site.build()
      expect((await site.published()).files).toEqual(site.output())
      expect(Object.values(site.output()).join()).toContain('Fifth page')
    })

    test.skipIf(process.platform === 'win32')(
      'a build that waited for a later one to be published does not undo it',
      async () => {
        const site = new BuiltSite(driver)
        await site.build()
        const goOn = await holdWriterLock(site.home, site.dir)
        driver.writePage(site.dir, 'two', 'Second page, edited')
        const first = site.start()
        await waiting(first)
        first.signal('SIGSTOP')
        driver.writePage(site.dir, 'four', 'Fourth page')
        const second = site.start()
        await waiting(second)
        await goOn()
        expect((await second.finished).exitCode).toBe(0)
        first.signal('SIGCONT')
        expect(await first.finished).toMatchObject({ exitCode: 0 })
        const { files } = await site.published()
        expect(files).toEqual(site.output())
        expect(Object.values(files).join()).toContain('Fourth page')
      }
    )

    // In each of these the build must be what it is without the integration: its files, its exit code, no key made or
    // used, and one line that says why nothing was published.
    describe('builds as if the integration were not there', () => {
      test('for a contributor without the secret', async () => {
        const site = new BuiltSite(driver)
        await site.build()
        const theirs = site.copy({ home: temporaryFolder() })
        await expectUnpublished(theirs, {})
        expect(sitesIn(theirs.home)).toEqual([])
      })

      test('in a clone of a stranger’s project, on a machine that has sites of its own', async () => {
        const stranger = new BuiltSite(driver)
        await stranger.build()
        const own = new BuiltSite(driver)
        await own.build()
        const before = await own.published()
        await expectUnpublished(stranger.copy({ home: own.home }), {})
        expect(sitesIn(own.home)).toEqual([before.key])
        expect(await own.published()).toEqual(before)
      })

      test('in a clone of the author’s own project that nobody told to publish', async () => {
        const site = new BuiltSite(driver)
        await site.build()
        const before = await site.published()
        const clone = site.copy({ home: site.home })
        driver.writePage(clone.dir, 'two', 'An idea')
        await expectUnpublished(clone, { two: 'An idea' })
        expect(await site.published()).toEqual(before)
      })

      test('in CI without the secret', async () => {
        const site = new BuiltSite(driver)
        await site.build()
        const clone = site.copy({ home: temporaryFolder(), env: { CI: 'true' } })
        await expectUnpublished(clone, {})
        expect(sitesIn(clone.home)).toEqual([])
      })

      test('in CI for a project that has no key, which CI never makes', async () => {
        const site = new BuiltSite(driver, { env: { CI: 'true' } })
        await expectUnpublished(site, {})
        expect(existsSync(path.join(site.dir, 'sitedrive.json'))).toBe(false)
      })
    })

    /** @param pages what the site's pages say that differs from PAGES */
    async function expectUnpublished(site: BuiltSite, pages: Record<string, string>): Promise<void> {
      const plain = new BuiltSite(driver, { withIntegration: false })
      for (const [page, text] of Object.entries(pages)) driver.writePage(plain.dir, page, text)
      await plain.build()
      const before = sitesIn(site.home)
      const build = await site.build()
      expect(driver.linesOf(build)).toEqual([expect.stringMatching(/^.*Not published: /)])
      expect(site.output()).toEqual(plain.output())
      expect(sitesIn(site.home)).toEqual(before)
    }
  })
}

async function waiting(build: Running): Promise<void> {
  await until(() => build.output().includes('Another publish of this site is running'), {
    describe: build.output
  })
}
