import { spawnSync } from 'node:child_process'
import { hasBrowser, hasTerminal } from '@sitedrive/testing'
import { expect, test } from 'vitest'
import { playFirstHour, readmeOf } from './support/first-hour.js'
import { withInternet } from './support/internet.js'
import { copied } from './support/printed-commands.js'

const internet = withInternet()
const hasJekyll = spawnSync('jekyll', ['--version']).status === 0

test.skipIf(!hasBrowser || !hasTerminal || !hasJekyll)(
  'the first hour with Jekyll, by what the docs and the programs print',
  { tags: 'long', timeout: 1_800_000 },
  async () => {
    const seen = await playFirstHour(internet(), {
      readme: readmeOf('jekyll-bridge'),
      begin: async (author) => {
        author.write({ '_config.yml': 'title: A site\n' }) // nothing to install: npx brings the bridge
      },
      build: (docs) => copied(/^npx @sitedrive\/jekyll-bridge build$/, docs),
      page: (words) => ({ 'index.md': `---\ntitle: A page\n---\n\n${words}\n` }),
      dev: async (author, docs) => {
        const run = author.starts(copied(/^npx @sitedrive\/jekyll-bridge serve/, docs))
        const url = await run.says(/Live preview: (\S+)/)
        const reviewUrl = await run.says(/Review and publish: (\S+)/)
        const follow = await run.prints(/^npx sitedrive preview /)
        return { url, reviewUrl, follow, stops: () => run.stops() }
      }
    })
    expect(seen).toEqual(['First words.', 'Second words.', 'Third words.', 'Fourth words.', 'First words.'])
  }
)
