import { spawn, spawnSync } from 'node:child_process'
import { cleanEnvironment, until } from '@sitedrive/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ViteProject, viteCommand } from './support/vite-project.js'

// `script` of util-linux, part of every Debian, gives a process a terminal of its own.
const hasTerminal = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0

const CTRL_C = '\x03'
// eslint-disable-next-line no-control-regex -- what clears a screen is control characters
const CLEARS = /\x1b\[[0-3]?J|\x1bc/g

/** What a terminal is shown by a dev server, until the preview has been told of and Ctrl-C has ended both. */
async function shownBy(...args: string[]): Promise<string> {
  const project = new ViteProject()
  const { command, args: words } = viteCommand(8, '--port=0', ...args)
  const line = [command, ...words].map((word) => `'${word}'`).join(' ')
  const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
    cwd: project.dir,
    env: cleanEnvironment({
      SITEDRIVE_HOME: project.home,
      SITEDRIVE_BOOTSTRAP: '127.0.0.1:9',
      TERM: 'xterm'
    })
  })
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text))
  const ended = new Promise((resolve) => child.once('close', resolve))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  await until(() => shown.includes('From another machine: '), { describe: () => shown })
  child.stdin.write(CTRL_C)
  await ended
  return shown
}

describe.skipIf(!hasTerminal)('at a terminal', { timeout: 60_000 }, () => {
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
