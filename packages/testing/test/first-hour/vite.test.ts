import { hasBrowser, hasTerminal, until } from '@sitedrive/testing'
import { expect, test } from 'vitest'
import { playFirstHour, readmeOf } from './support/first-hour.js'
import { withInternet } from './support/internet.js'
import { copied, copiedConfig } from './support/printed-commands.js'

const internet = withInternet()

test.skipIf(!hasBrowser || !hasTerminal)(
  'the first hour with Vite, by what the docs and the programs print',
  { tags: 'long', timeout: 1_800_000 },
  async () => {
    const seen = await playFirstHour(internet(), {
      readme: readmeOf('vite-plugin'),
      begin: async (author, docs) => {
        await author.types('npm init -y && npm install --save-dev vite@8')
        await author.types(copied(/^npm install .*@sitedrive\/vite-plugin$/, docs))
        const { file, content } = copiedConfig('@sitedrive/vite-plugin', docs)
        author.write({ [file]: content })
      },
      build: () => 'npx vite build',
      page: (words) => ({
        'index.html': `<!doctype html><html lang="en"><title>A page</title><h1>A page</h1><p>${words}</p></html>\n`
      }),
      dev: async (author) => {
        const run = author.startsAtTerminal('npx vite')
        const says = (pattern: RegExp) =>
          until(() => pattern.exec(run.shown())?.[1], { timeoutMs: 300_000, describe: run.shown })
        const url = await says(/Live preview: (\S+)/)
        const reviewUrl = await says(/Review and publish: (\S+)/)
        const key = await says(/press (\w) \+ enter for the link/)
        run.type(`${key}\r`)
        const follow = await says(/(npx sitedrive preview '\S+')/)
        return {
          url,
          reviewUrl,
          follow,
          stops: async () => {
            run.type('q\r') // as Vite's own help says
            await run.ended
          }
        }
      }
    })
    expect(seen).toEqual(['First words.', 'Second words.', 'Third words.', 'Fourth words.', 'First words.'])
  }
)
