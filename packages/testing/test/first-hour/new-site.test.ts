import { request } from 'node:http'
import path from 'node:path'
import { json } from 'node:stream/consumers'
import { hasBrowser, openBrowser, screenshots, until } from '@sitedrive/testing'
import { expect, test } from 'vitest'
import { faults } from '../../../preview/test/support/axe.js'
import { withInternet } from './support/internet.js'
import { Person } from './support/newcomer.js'

const internet = withInternet()

interface Made {
  dir: string
  commands: string[]
}

/** Asks the library for a new website, as its page does. */
function makeSite(libraryUrl: string, body: object): Promise<Made> {
  const { host, port, hash } = new URL(libraryUrl)
  return new Promise((resolve, reject) => {
    const sent = request({
      host: '127.0.0.1',
      port,
      path: '/api/new-site',
      method: 'POST',
      headers: {
        host,
        origin: `http://${host}`,
        'content-type': 'application/json',
        'sitedrive-token': hash.slice(1)
      }
    })
    sent.on('error', reject)
    sent.on('response', (answer) => void json(answer).then((value) => resolve(value as Made), reject))
    sent.end(JSON.stringify(body))
  })
}

test.skipIf(!hasBrowser).for(['eleventy', 'vite', 'html', 'jekyll'])(
  'a new website of the library is shown live, and published, by the commands that it says: %s',
  { tags: 'long', timeout: 1_800_000 },
  async (generator) => {
    const author = new Person(internet())
    const library = author.starts('npx sitedrive library --no-browser --port 0')
    const url = await library.says(/^(http:\/\/library\.localhost:\d+\/#\S+)$/m)
    const name = 'Böats & <i>{{ 7 * 7 }}</i> "tides"'
    const { dir, commands } = await makeSite(url, { name, dir: '', generator })
    expect(dir).toBe(path.join(author.dir, 'boats-i-7-7-i-tides'))
    expect(commands).toEqual([`cd ${dir}`, 'npm install', 'npm run dev'])
    await author.types(commands.slice(0, 2).join(' && '))

    const dev = author.starts(`${commands[0]} && ${commands[2]}`)
    const shown = await dev.says(/(?:Live preview: |^)(http:\/\/localhost:\d+\/)$/m)
    const tab = await (await openBrowser()).newPage()
    await until(
      async () => {
        await tab.goto(shown).catch(() => {})
        return (await tab.title()) === name
      },
      { timeoutMs: 120_000, describe: () => dev.printed.text }
    )
    expect(await tab.locator('h1').textContent()).toBe(name)
    for (const colorScheme of ['light', 'dark'] as const) {
      await tab.emulateMedia({ colorScheme })
      expect(await faults(tab)).toEqual([])
    }
    await screenshots(tab, `new-site-${generator}`)
    await dev.stops()

    const built = await author.types(`${commands[0]} && npm run build`)
    expect(built.text).toMatch(/Release 1: 1 new page/)
    expect(built.text).toMatch(/^hyper:\/\/[a-z0-9]{52}\/$/m)
    // Nothing that readers would stumble over.
    expect(built.text).not.toMatch(/leads nowhere|warning/i)
    expect((await author.types(`${commands[0]} && npm run build`)).text).toContain('No change')
    await library.stops()
  }
)
