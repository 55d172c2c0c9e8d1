import path from 'node:path'
import { cleanEnvironment, localDht, startCommand, temporaryFolder, until } from '@sitedrive/testing'
import { expect, test } from 'vitest'
import { DevRun, devConfig } from './support/dev-run.js'
import { EleventyProject, packageFolder } from './support/eleventy-project.js'

test('the two machines of the README: what is saved on one is shown on the other, which has the link alone', async () => {
  const { variable } = await localDht()
  const network = { SITEDRIVE_BOOTSTRAP: variable }

  // npx @11ty/eleventy --serve
  const project = new EleventyProject({ 'eleventy.config.js': devConfig(), 'index.html': '<p>one</p>' })
  const author = await DevRun.start(project, undefined, network)
  const [link = ''] = /hyper:\/\/\w+\/#\w+/.exec(author.output()) ?? []

  // npx sitedrive preview 'hyper://<key>/#<secret>'
  const main = path.join(packageFolder('sitedrive'), 'dist/main.js')
  const elsewhere = temporaryFolder()
  const preview = startCommand(
    { command: process.execPath, args: [main, 'preview', link] },
    { cwd: elsewhere, env: cleanEnvironment({ SITEDRIVE_HOME: path.join(elsewhere, 'home'), ...network }) }
  )
  const describe = () => `${author.output()}\n${preview.output()}`
  const [url] = await until(() => /^http:\/\/localhost:\d+\/$/m.exec(preview.output()), { describe })
  expect(url).not.toBe(author.url)
  const shows = async (text: string) => (await (await fetch(url)).text()).includes(text)
  await until(() => shows('<p>one</p>'), { describe })

  // save a page
  await author.edit({ 'index.html': '<p>two</p>' }, () => shows('<p>two</p>'))
}, 120_000)
