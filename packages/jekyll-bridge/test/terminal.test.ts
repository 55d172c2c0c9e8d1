import { spawn, spawnSync } from 'node:child_process'
import { cleanEnvironment, isAlive, until } from '@sitedrive/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { bridge, hasJekyll, JekyllProject, NOWHERE } from './support/jekyll-project.js'
import { pidsOfPreview, childrenOf } from './support/serve-run.js'

// `script` of util-linux, part of every Debian, gives a process a terminal of its own.
const hasTerminal = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0
const CTRL_C = '\x03'

/** Runs at a terminal, and presses Ctrl-C when this is shown. */
async function interrupted(project: JekyllProject, word: string, shows: string, onShown = () => {}) {
  const child = spawn(
    'script',
    ['--quiet', '--return', '--command', `'${process.execPath}' '${bridge}' ${word}`, '/dev/null'],
    {
      cwd: project.dir,
      env: cleanEnvironment({ SITEDRIVE_HOME: project.home, SITEDRIVE_BOOTSTRAP: NOWHERE, TERM: 'xterm' })
    }
  )
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  await until(() => shown.includes(shows), { describe: () => shown })
  onShown()
  child.stdin.write(CTRL_C)
  return { exitCode: await ended, shown }
}

describe.skipIf(!hasTerminal || !hasJekyll)('Ctrl-C at a terminal', { timeout: 60_000 }, () => {
  test('ends serve and its Jekyll well', async () => {
    const project = new JekyllProject({ 'index.md': 'Text' })
    let jekylls: number[] = []
    const { exitCode, shown } = await interrupted(project, 'serve', 'Auto-regeneration: enabled', () => {
      jekylls = pidsOfPreview(project.home).flatMap(childrenOf)
    })
    expect(exitCode).toBe(0)
    expect(jekylls).toHaveLength(1)
    expect(jekylls.filter(isAlive)).toEqual([])
    expect(shown).not.toContain('Sitedrive error')
  })

  test('stops build, and nothing is published', async () => {
    const project = new JekyllProject({
      'index.md': 'Text',
      '_plugins/hang.rb': 'Jekyll::Hooks.register(:site, :post_read) { puts "HANGING"; sleep }'
    })
    const { exitCode, shown } = await interrupted(project, 'build', 'HANGING')
    expect(exitCode).toBe(130)
    expect(shown).toContain('Stopped. Nothing was published.')
    expect(await project.published()).toBe(null)
  })
})
