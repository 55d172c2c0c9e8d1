import { expect, onTestFinished, test } from 'vitest'
import { BuiltSite } from './built-site.js'
import type { IntegrationDriver, WatchDriver } from './integration-driver.js'
import { collectUpdates, previewPids, previewStatus } from './look-at-preview.js'
import type { Running } from './run-command.js'
import { until } from './until.js'

/** Runs the suite that every integration with a watch mode must pass. One run of the generator: starting it costs most. */
export function describeWatching(name: string, driver: IntegrationDriver & { watch: WatchDriver }): void {
  test(
    `the watch mode of ${name} shows each build, tells of a failed one, and leaves the site alone`,
    { timeout: 180_000 },
    async () => {
      const site = new BuiltSite(driver)
      await site.build()
      const before = await site.published()
      const run = new WatchRun(site, driver)

      // The first build, and an edit.
      await run.untilShown('one', 'First page')
      await run.edit('one', 'First page, edited')
      expect((await run.status()).state).toBe('ready')

      // A build that comes to the same bytes pushes nothing.
      const updates = await run.collectUpdates()
      const builds = run.builds()
      await run.write('two', 'Second page', () => run.builds() > builds)
      await run.edit('two', 'Second page, edited')
      await run.until(() => updates().length > 0)
      expect(updates()).toEqual([[driver.watch.fileOf('two')]])

      // A build that fails is told of over what was there; the mended one is shown.
      driver.breakBuild(site.dir)
      await run.until(async () => (await run.status()).state === 'failed')
      expect((await run.status()).failure?.message).not.toBe('')
      await run.untilShown('one', 'First page, edited')
      driver.watch.mendBuild(site.dir)
      await run.edit('one', 'First page, mended')
      await run.until(async () => (await run.status()).state === 'ready')
      expect((await run.status()).failure).toBe(null)

      expect(previewPids(site.home)).toHaveLength(1)
      expect(await site.published()).toEqual(before)
      run.running.signal('SIGINT')
      await run.running.finished
      await until(() => previewPids(site.home).length === 0)
      expect(await site.published()).toEqual(before)
    }
  )
}

/** A generator that watches, with the preview of its builds. */
class WatchRun {
  readonly running: Running
  private readonly site: BuiltSite
  private readonly driver: IntegrationDriver & { watch: WatchDriver }

  constructor(site: BuiltSite, driver: IntegrationDriver & { watch: WatchDriver }) {
    this.site = site
    this.driver = driver
    this.running = site.watch(driver.watch)
  }

  /** How many good builds there were. */
  builds(): number {
    return this.running.output().split(this.driver.watch.builtMark).length - 1
  }

  async status() {
    return previewStatus(await this.url())
  }

  async collectUpdates(): Promise<() => string[][]> {
    const ended = new AbortController()
    onTestFinished(() => ended.abort())
    return collectUpdates(await this.url(), ended.signal)
  }

  /** Waits until a page of the preview contains a text. */
  async untilShown(name: string, text: string): Promise<void> {
    await this.until(() => this.isShown(name, text))
  }

  /** Rewrites a page until the preview shows it. */
  async edit(name: string, text: string): Promise<void> {
    await this.write(name, text, () => this.isShown(name, text))
  }

  /** Writes a page until something has come of it: a watcher may miss what comes right after it has begun. */
  async write(name: string, text: string, isDone: () => boolean | Promise<boolean>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      this.driver.writePage(this.site.dir, name, text)
      try {
        return void (await this.until(isDone, 8_000))
      } catch (error) {
        if (attempt === 5) throw error
      }
    }
  }

  until<T>(condition: () => T | Promise<T>, timeoutMs = 60_000): Promise<unknown> {
    return until(condition, { timeoutMs, describe: this.running.output })
  }

  private async isShown(name: string, text: string): Promise<boolean> {
    const answer = await fetch(new URL(this.driver.watch.fileOf(name), await this.url()))
    return (await answer.text()).includes(text)
  }

  /** Where the preview is. */
  private url(): Promise<string> {
    return until(() => /Live preview: (\S+)/.exec(this.running.output())?.[1], {
      timeoutMs: 120_000,
      describe: this.running.output
    })
  }
}
