import { cleanEnvironment, CTRL_C, hasTerminal, startAtTerminal } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { ViteProject, viteCommand } from './support/vite-project.js'

// eslint-disable-next-line no-control-regex -- what clears a screen is control characters
const CLEARS = /\x1b\[[0-3]?J|\x1bc/g

/** What a terminal is shown by a dev server, until the preview has been told of and Ctrl-C has ended both. */
async function shownBy(...args: string[]): Promise<string> {
  const project = new ViteProject()
  const terminal = startAtTerminal(viteCommand(8, '--port=0', ...args), {
    cwd: project.dir,
    env: cleanEnvironment({ SITEDRIVE_HOME: project.home, SITEDRIVE_BOOTSTRAP: '127.0.0.1:9' })
  })
  await terminal.untilShows('From another machine: ')
  terminal.type(CTRL_C)
  await terminal.ended
  return terminal.shown()
}

describe.skipIf(!hasTerminal)('at a terminal', { timeout: 180_000 }, () => {
  test('the links are shown after Vite has cleared the screen, and stay', async () => {
    const shown = await shownBy()
    const cleared = [...shown.matchAll(CLEARS)].map(({ index }) => index)
    expect(cleared).not.toEqual([])
    expect(Math.max(...cleared)).toBeLessThan(shown.indexOf('Live preview: '))
  })

  test('nothing is cleared with --clearScreen false', async () => {
    expect(await shownBy('--clearScreen', 'false')).not.toMatch(CLEARS)
  })
})
