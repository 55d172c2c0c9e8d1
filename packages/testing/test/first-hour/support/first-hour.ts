import { rmSync } from 'node:fs'
import path from 'node:path'
import { openBrowser, screenshots, until, type Browser, type Page } from '@sitedrive/testing'
import { expect } from 'vitest'
import { docs, Person, webAddress, type Internet, type Run } from './newcomer.js'
import { copied, type Printed } from './printed-commands.js'

/** What is the generator's own in a first hour: somebody who uses it knows that much. */
export interface Generator {
  /** Whose page of the docs is read first. */
  readme: string
  /** Makes a site in an empty folder, as the generator's own docs say, and adds sitedrive as ours say. */
  begin: (author: Person, docs: readonly Printed[]) => Promise<void>
  /** Builds, and so publishes. */
  build: (docs: readonly Printed[]) => string
  /** A page of the site with these words in it. */
  page: (words: string) => Record<string, string>
  /** Starts the dev mode. @returns how it is stopped, and the line that follows its preview on another machine */
  dev: (author: Person, docs: readonly Printed[]) => Promise<Dev>
}

export interface Dev {
  /** The address of the preview on the author's own machine. */
  url: string
  reviewUrl: string
  /** What is to be typed on another machine. */
  follow: string
  /** Ends it with Ctrl-C. */
  stops: () => Promise<void>
}

/**
 * Plays a first hour: from an empty folder to a site on the web, a lost machine, and back. The commands of sitedrive are those that
 * the docs or the programs print, so a page or a message that stops telling them breaks this.
 *
 * @returns the words of the page, each time that a reader of the published site saw new ones
 */
export async function playFirstHour(internet: Internet, generator: Generator): Promise<string[]> {
  const seen: string[] = []
  const author = new Person(internet)
  const pages = docs(generator.readme)
  await generator.begin(author, pages)
  author.write(generator.page('First words.'))

  // The first build makes the site, and says what to do next.
  const build = generator.build(pages)
  const first = await author.types(build)
  expect(first.text).toMatch(/Release 1: 1 new page/)
  const link = /^hyper:\/\/[a-z0-9]{52}\/$/m.exec(first.text)?.[0]
  expect(link).toBeDefined()
  expect((await author.types(build)).text).toContain('No change')
  copied(/^npx sitedrive peer$/, [first])

  // A machine that stays up. Here it is one without the internet, as this one may be.
  const operator = new Person(internet)
  const peer = operator.starts(copied(/^npx sitedrive peer --local$/, pages))
  const pin = await peer.prints(/^npx sitedrive init --seed /)
  const pinned = await author.types(pin)
  await peer.stops()
  const trusted = operator.starts(`${copied(/^npx sitedrive peer --trust /, [pinned])} --local`)
  author.set(await trusted.says(/(SITEDRIVE_BOOTSTRAP=\S+)/))
  const address = webAddress(await author.types(copied(/^npx sitedrive publish --sync/, [pinned])))

  // Whoever has only a web browser reads it.
  const browser = await openBrowser()
  const reader = await browser.newPage()
  seen.push(await untilReads(reader, address, 'First words.'))
  await screenshots(reader, 'first-hour-site')
  author.write(generator.page('Second words.'))
  const second = await author.types(build)
  expect(second.text).toMatch(/Release 2: 1 page changed/)
  expect(webAddress(second)).toBe(address)
  seen.push(await untilReads(reader, address, 'Second words.'))

  await developLive(author, generator, { internet, pages, browser, trusted })
  seen.push(await untilReads(reader, address, 'Third words.'))

  const status = await author.types(copied(/^npx sitedrive status$/, pages))
  expect(status.text).toMatch(new RegExp(`${address}\\n${link}\\n\\nRelease 3, `))
  expect(status.text).toMatch(/holds release 3; blocks of it were read back/)
  const doctor = await author.types(copied(/^npx sitedrive doctor$/, pages))
  expect(doctor.text).not.toContain('problem')

  // A backup of the key, which is asked for from the first build on.
  const backup = await author.types(copied(/^npx sitedrive key backup$/, [first]))
  const words = wordsOf(backup)
  expect(words).toHaveLength(24)
  await checkBackup(author, copied(/^npx sitedrive key check$/, [backup]), words)

  // The machine is lost. What is left: the project, as version control has it, and 24 words on paper.
  rmSync(author.dataDir, { recursive: true })
  author.write(generator.page('Fourth words.'))
  const refused = await author.types(build)
  expect(refused.text).toContain('Not published')
  const restore = copied(/^npx sitedrive key restore$/, [refused])
  expect(copied(/^npx sitedrive key restore$/, [backup])).toBe(restore)
  await author.answers(restore, [['> ', words.join(' ')]])
  const back = await author.types(build)
  expect(back.text).toMatch(/Release 4: 1 page changed/)
  expect(back.text).toContain('1 seed holds release 4')
  seen.push(await untilReads(reader, webAddress(back), 'Fourth words.'))

  // The history is still there, and one can go back in it.
  const help = npxHelp(await author.types('npx sitedrive --help'))
  const log = await author.types(copied(/^npx sitedrive log$/, [...pages, help]))
  expect(log.text.match(/^\d(?= {2}20)/gm)).toEqual(['4', '3', '2', '1'])
  const rollback = copied(/^npx sitedrive rollback /, [...pages, help], { '<release>': '1' })
  await author.answers(rollback.replace(/\d+$/, '1'), [['[y/N]', 'y']])
  seen.push(await untilReads(reader, address, 'First words.'))
  await trusted.stops()
  return seen
}

interface Surroundings {
  internet: Internet
  pages: readonly Printed[]
  browser: Browser
  trusted: Run
}

/** Somebody on another machine sees an edit at once, and the author publishes it from the review page. */
async function developLive(
  author: Person,
  generator: Generator,
  { internet, pages, browser, trusted }: Surroundings
): Promise<void> {
  const dev = await generator.dev(author, pages)
  const friend = new Person(internet)
  friend.set(await trusted.says(/(SITEDRIVE_BOOTSTRAP=\S+)/))
  const following = friend.starts(dev.follow)
  const shown = await following.says(/^(http:\/\/localhost:\d+\/)$/m)
  const [own, followed, review] = [await browser.newPage(), await browser.newPage(), await browser.newPage()]
  await untilReads(own, dev.url, 'Second words.')
  await untilReads(followed, shown, 'Second words.')
  const isShown = async (page: Page) => (await page.locator('body').textContent())?.includes('Third words.')
  await until(
    async () => {
      author.write(generator.page('Third words.')) // again: a watcher may miss what comes right after it has begun
      await own.waitForTimeout(1_000)
      return (await isShown(own)) && (await isShown(followed))
    },
    { timeoutMs: 180_000, describe: () => following.printed.text }
  )

  await review.goto(dev.reviewUrl)
  await review.getByText('1 changed').first().waitFor()
  await review.keyboard.press('p')
  await review.getByRole('dialog').waitFor()
  await review.keyboard.press('Enter')
  await review.getByRole('heading', { name: 'Release 3 is published' }).waitFor({ timeout: 300_000 })
  await review.getByText('holds it, after').waitFor()
  await dev.stops()
  await following.stops()
}

async function checkBackup(author: Person, line: string, words: readonly string[]): Promise<void> {
  const terminal = author.startsAtTerminal(line)
  let from = 0
  for (let asked = 0; asked < 3; asked++) {
    const [, position] = await until(() => /Word (\d+): /.exec(terminal.shown().slice(from)), {
      describe: terminal.shown
    })
    from = terminal.shown().length
    terminal.type(`${words[Number(position) - 1]}\r`)
  }
  expect(await terminal.ended).toBe(0)
}

/** Opens an address until a page has these words: a mirror may need a moment. */
async function untilReads(page: Page, address: string, words: string): Promise<string> {
  await until(
    async () => {
      await page.goto(address).catch(() => {})
      return (await page.locator('body').textContent())?.includes(words)
    },
    { timeoutMs: 120_000, describe: () => `${address} has no "${words}"` }
  )
  return words
}

function wordsOf({ text }: Printed): string[] {
  return [...text.matchAll(/^ ?\d+ [a-z]+.*$/gm)].flatMap(([row]) =>
    [...row.matchAll(/\d+ ([a-z]+)/g)].map(([, word = '']) => word)
  )
}

/** Examples of `--help` name the command alone; who got that help by npx goes on with npx. */
function npxHelp({ name, text }: Printed): Printed {
  return { name, text: text.replaceAll(/^ +\$ sitedrive (.*?)( {3,}.*)?$/gm, '`npx sitedrive $1`') }
}

/** The path of a page of the docs in the checkout. */
export const readmeOf = (name: string): string => path.posix.join('packages', name, 'README.md')
