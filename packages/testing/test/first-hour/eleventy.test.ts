import { hasBrowser, hasTerminal } from '@sitedrive/testing'
import { expect, test } from 'vitest'
import { playFirstHour, readmeOf } from './support/first-hour.js'
import { withInternet } from './support/internet.js'
import { copied, copiedConfig } from './support/printed-commands.js'

const internet = withInternet()

test.skipIf(!hasBrowser || !hasTerminal)(
  'the first hour with Eleventy, by what the docs and the programs print',
  { tags: 'long', timeout: 1_800_000 },
  async () => {
    const seen = await playFirstHour(internet(), {
      readme: readmeOf('eleventy-plugin'),
      begin: async (author, docs) => {
        await author.types('npm init -y && npm install --save-dev @11ty/eleventy@3')
        await author.types(copied(/^npm install .*@sitedrive\/eleventy-plugin$/, docs))
        const { file, content } = copiedConfig('@sitedrive/eleventy-plugin', docs)
        author.write({ [file]: content })
      },
      build: (docs) => copied(/^npx @11ty\/eleventy$/, docs),
      page: (words) => ({ 'index.md': `# A page\n\n${words}\n` }),
      dev: async (author, docs) => {
        const run = author.starts(copied(/^npx @11ty\/eleventy --serve/, docs))
        const url = await run.says(/Live preview: (\S+)/)
        const reviewUrl = await run.says(/Review and publish: (\S+)/)
        const follow = await run.prints(/^npx sitedrive preview /)
        await run.says(/(Builds of --watch and --serve are not published)/)
        return { url, reviewUrl, follow, stops: () => run.stops() }
      }
    })
    expect(seen).toEqual(['First words.', 'Second words.', 'Third words.', 'Fourth words.', 'First words.'])
  }
)
