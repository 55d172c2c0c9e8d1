import { once } from 'node:events'
import { cpSync } from 'node:fs'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { terminalQuestion } from '@sitedrive/core'
import { cleanEnvironment, hasTerminal, readProjectSite, startAtTerminal } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { eleventyCommand, EleventyProject } from './support/eleventy-project.js'

function terminal(): { input: PassThrough & { isTTY: true }; output: PassThrough & { isTTY: true } } {
  const stream = () => Object.assign(new PassThrough(), { isTTY: true as const })
  return { input: stream(), output: stream() }
}

describe('a question on the terminal', () => {
  test.each([
    ['y', true],
    [' YES ', true],
    ['n', false],
    ['', false],
    ['yeah', false]
  ])('is answered by `%s` with %s', async (answer, isYes) => {
    const { input, output } = terminal()
    const answered = terminalQuestion({}, input, output)?.('Go on?')
    input.write(`${answer}\n`)
    expect(await answered).toBe(isYes)
    expect(String(output.read())).toContain('Go on? [y/N] ')
    expect(input.isPaused()).toBe(true) // else it would keep the process alive
  })

  test('is answered with no by the end of input', async () => {
    const { input, output } = terminal()
    const answered = terminalQuestion({}, input, output)?.('Go on?')
    input.end()
    expect(await answered).toBe(false)
  })

  test('ends the process at Ctrl-C', async () => {
    const { input, output } = terminal()
    const interrupted = once(process, 'SIGINT')
    const answered = terminalQuestion({}, input, output)?.('Go on?')
    input.write('\u0003')
    expect(await answered).toBe(false)
    await interrupted
  })

  test('shows no control characters of what it asks about', async () => {
    const { input, output } = terminal()
    const answered = terminalQuestion({}, input, output)?.('One\n\u001b[2JTwo')
    input.end()
    await answered
    expect(String(output.read())).toContain('One\n\uFFFD[2JTwo [y/N] ')
  })

  test('is not asked in CI, nor where input or output is no terminal', () => {
    const { input, output } = terminal()
    expect(terminalQuestion({ CI: 'true' }, input, output)).toBeNull()
    expect(terminalQuestion({}, Object.assign(new PassThrough(), { isTTY: false }), output)).toBeNull()
    expect(terminalQuestion({}, input, Object.assign(new PassThrough(), { isTTY: false }))).toBeNull()
    expect(terminalQuestion({ CI: 'false' }, input, output)).not.toBeNull()
  })
})

describe.skipIf(!hasTerminal)(
  'a build in a clone of the author’s own project, on a terminal',
  { timeout: 180_000 },
  () => {
    const question = 'This folder carries the key of a site that you own'

    test.each([
      ['y', 'Release 2: 1 ', 'edited'],
      ['n', 'Not published: ', 'One']
    ])(
      'asks once whether to publish it; the answer `%s` counts',
      { tags: 'long' },
      async (answer, said, content) => {
        const project = new EleventyProject({ 'index.html': 'One' })
        await project.build()
        const clone = new EleventyProject({ 'index.html': 'edited' })
        cpSync(path.join(project.dir, 'sitedrive.json'), path.join(clone.dir, 'sitedrive.json'))

        const terminal = startAtTerminal(eleventyCommand(), {
          cwd: clone.dir,
          env: cleanEnvironment({ SITEDRIVE_HOME: project.home })
        })
        await terminal.untilShows('[y/N]')
        terminal.type(`${answer}\r`)
        expect(await terminal.ended).toBe(0)
        const output = terminal.shown()
        expect(output.split(question)).toHaveLength(2)
        expect(output).toContain(said)
        expect((await readProjectSite(project.home, clone.dir))?.files).toEqual({ '/index.html': content })
      }
    )
  }
)
