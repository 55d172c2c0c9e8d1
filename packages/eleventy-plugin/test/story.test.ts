import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { get } from 'node:http'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import {
  cleanEnvironment,
  copyExample,
  hasBrowser,
  openBrowser,
  runCommand,
  runToSuccess,
  screenshots,
  startCommand,
  temporaryFolder,
  until,
  type Command
} from '@sitedrive/testing'
import { expect, test } from 'vitest'
import { eleventyCommand } from './support/eleventy-project.js'

const POST = 'src/posts/entry-zero.md'
const URL_OF_POST = '/posts/entry-zero/'

const sitedrive = (...args: string[]): Command => ({
  command: process.execPath,
  args: [
    path.join(
      path.dirname(createRequire(import.meta.url).resolve('sitedrive/package.json')),
      'bin/sitedrive.js'
    ),
    ...args
  ]
})

test.skipIf(!hasBrowser)(
  'an author edits a post of the blog, sees it live, reviews it, publishes all, and the mirror shows it',
  { timeout: 180_000 },
  async () => {
    const dir = copyExample('eleventy-blog')
    const options = { cwd: dir, env: cleanEnvironment({ SITEDRIVE_HOME: temporaryFolder() }) }

    // Without an address as with one, the checks find nothing in it.
    await runToSuccess(eleventyCommand('--quiet'), {
      ...options,
      env: { ...options.env, SITEDRIVE_PUBLISH: '0' }
    })
    const found = await runCommand(sitedrive('review', '_site', '--json'), options)
    expect(JSON.parse(found.stdout)).toMatchObject({ findings: [], changes: expect.any(Array) as unknown[] })

    const peer = startCommand(sitedrive('peer', '--local', '--json'), { ...options, deadlineMs: 170_000 })
    const seed = await until(() => readyLine(peer.output()), { describe: peer.output })
    await runToSuccess(sitedrive('init', '--seed', seed.key), options)

    const dev = startCommand(eleventyCommand('--serve', '--port=0'), { ...options, deadlineMs: 170_000 })
    const said = (pattern: RegExp) =>
      until(() => pattern.exec(dev.output())?.[1], { timeoutMs: 120_000, describe: dev.output })
    const preview = await said(/Live preview: (\S+)/)
    const reviewUrl = await said(/Review and publish: (\S+)/)
    await said(/(Watching)/)
    const browser = await openBrowser()

    // The first publish.
    const review = await browser.newPage()
    await review.goto(reviewUrl)
    await review.getByRole('heading', { name: 'The first publish' }).waitFor()
    await review.getByText('The checks found nothing.').waitFor()
    await screenshots(review, 'story-1-first-publish')
    const publish = async (release: number): Promise<void> => {
      await review.keyboard.press('p')
      await review.getByRole('dialog').getByText('npm run build').waitFor()
      await review.keyboard.press('Enter')
      await review
        .getByRole('heading', { name: `Release ${release} is published` })
        .waitFor({ timeout: 180_000 })
      await review.getByText('holds it, after').waitFor()
      await screenshots(review, `story-release-${release}-done`)
      await review.keyboard.press('Escape')
    }
    await publish(1)
    await review.getByRole('heading', { name: 'Nothing to publish' }).waitFor()

    // An edit, seen live in place.
    const page = await browser.newPage()
    await page.goto(new URL(URL_OF_POST, preview).href)
    await page.evaluate('window.isSame = true')
    const file = path.join(dir, POST)
    const before = readFileSync(file, 'utf8')
    const edited = `${before.trimEnd()}\n\nThe tide had turned before anybody noticed.\n`
    await until(
      async () => {
        writeFileSync(file, edited) // again: Eleventy's watcher may miss what comes right after it has begun
        await page.waitForTimeout(1_000)
        return (await page.locator('body').textContent())?.includes('The tide had turned')
      },
      { timeoutMs: 120_000, describe: dev.output }
    )
    expect(await page.evaluate('window.isSame')).toBe(true)
    await screenshots(page, 'story-2-live-edit')

    // The review says what changed, in the words of the source.
    const row = review.locator('.row', { hasText: URL_OF_POST })
    await row.click()
    const added = review.locator('.prose ins')
    await added.first().waitFor()
    expect(await added.allTextContents()).toEqual(['The tide had turned before anybody noticed.'])
    await review.getByText(POST).waitFor()
    await screenshots(review, 'story-3-words')
    await review.keyboard.press('d')
    await review.locator('.lines').waitFor()
    await screenshots(review, 'story-3-lines')
    await review.keyboard.press('b')
    await review.frameLocator('iframe >> nth=1').getByText('The tide had turned').waitFor()
    await screenshots(review, 'story-3-before-and-after')

    await publish(2)
    const { key } = JSON.parse(readFileSync(path.join(dir, 'sitedrive.json'), 'utf8')) as { key: string }
    const shown = await until(
      async () => {
        const answer = await ask(seed.url, `${key}.localhost`, URL_OF_POST)
        return answer.includes('The tide had turned') ? answer : null
      },
      { describe: peer.output }
    )
    expect(shown).toBe(readFileSync(path.join(dir, '_site', URL_OF_POST, 'index.html'), 'utf8'))

    if (!process.env['SCREENSHOTS']) return
    await review.keyboard.press('h')
    await review.locator('.releases li').first().waitFor()
    await screenshots(review, 'story-4-history')
    await page.goto(new URL(URL_OF_POST, `http://${key}.localhost:${new URL(seed.url).port}/`).href)
    await screenshots(page, 'story-4-mirror')
    await page.goto(seed.url)
    await screenshots(page, 'story-4-status-of-the-peer')
  }
)

function readyLine(output: string): { key: string; url: string } | null {
  const line = output.split('\n').find((each) => each.startsWith('{'))
  return line === undefined ? null : (JSON.parse(line) as { key: string; url: string })
}

function ask(url: string, host: string, target: string): Promise<string> {
  const { port } = new URL(url)
  return new Promise((resolve, reject) => {
    get(
      { host: '127.0.0.1', port, path: target, headers: { host: `${host}:${port}` }, agent: false },
      (answer) => resolve(text(answer))
    ).on('error', reject)
  })
}
