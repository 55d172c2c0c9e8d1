import path from 'node:path'
import {
  cleanEnvironment,
  isAlive,
  localDht,
  previewPids,
  startCommand,
  temporaryFolder,
  until
} from '@sitedrive/testing'
import { expect, test } from 'vitest'
import { DevRun, devConfig } from './support/dev-run.js'
import { EleventyProject, packageFolder } from './support/eleventy-project.js'

/** Author and reader of the README: `npx @11ty/eleventy --serve`, and `npx sitedrive preview` with the link that it prints. */
async function twoMachines(files: Record<string, string>) {
  const { variable } = await localDht()
  const network = { SITEDRIVE_BOOTSTRAP: variable }
  const project = new EleventyProject(files)
  const serve = () => DevRun.start(project, undefined, network)
  const author = await serve()

  const [, link = ''] = /npx sitedrive preview '(.*)'/.exec(author.output()) ?? []
  const main = path.join(packageFolder('sitedrive'), 'bin/sitedrive.js')
  const elsewhere = temporaryFolder()
  const preview = startCommand(
    { command: process.execPath, args: [main, 'preview', link] },
    {
      cwd: elsewhere,
      env: cleanEnvironment({ SITEDRIVE_HOME: path.join(elsewhere, 'home'), ...network }),
      deadlineMs: 120_000
    }
  )
  const describe = () => `${author.output()}\n${preview.output()}`
  const [url] = await until(() => /^http:\/\/localhost:\d+\/$/m.exec(preview.output()), { describe })
  expect(url).not.toBe(author.url)
  const shows = async (text: string) => (await (await fetch(url)).text()).includes(text)
  const untilShows = (text: string) => until(() => shows(text), { timeoutMs: 120_000, describe })
  return { project, author, serve, shows, untilShows }
}

test(
  'what is saved on one machine is shown on the other, which has the link alone',
  { timeout: 180_000 },
  async () => {
    const { author, shows, untilShows } = await twoMachines({
      'eleventy.config.js': devConfig(),
      'index.html': '<p>one</p>'
    })
    await untilShows('<p>one</p>')
    await author.edit({ 'index.html': '<p>two</p>' }, () => shows('<p>two</p>'))
    expect(await shows('<p>one</p>')).toBe(false)
  }
)

test.skipIf(process.platform === 'win32')(
  'a generator that is killed in the middle of a build leaves the pages of the last one there, until it is started again',
  { tags: 'long', timeout: 180_000 },
  async () => {
    const texts = (first: string, second: string) => ({
      '_data/texts.json': JSON.stringify({ first, second })
    })
    const { project, author, serve, shows, untilShows } = await twoMachines({
      'eleventy.config.js': devConfig(
        `  eleventyConfig.addPlugin(sitedrive)
  eleventyConfig.addTransform('stuck', (text) => (text.includes('STUCK') ? new Promise(() => {}) : text))`
      ),
      'index.njk': '<p>{{ texts.first }}</p>',
      'second.njk': '<p>{{ texts.second }}</p>',
      ...texts('one', 'one')
    })
    await untilShows('<p>one</p>')
    await author.edit(texts('two', 'STUCK'), () => project.output()['/index.html'] === '<p>two</p>')
    const pids = previewPids(project.home)
    process.kill(author.pid, 'SIGKILL')
    await author.running.finished
    await until(() => !pids.some(isAlive))
    expect(project.output()['/index.html']).toBe('<p>two</p>')
    expect(await shows('<p>one</p>')).toBe(true)

    project.write(texts('three', 'three'))
    await serve()
    await untilShows('<p>three</p>')
  }
)
