import { cleanEnvironment, CTRL_C, hasTerminal, isAlive, startAtTerminal } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { bridge, hasJekyll, JekyllProject, NOWHERE } from './support/jekyll-project.js'
import { jekyllsOf } from './support/serve-run.js'

/** Runs at a terminal, and presses Ctrl-C when this is shown. */
async function interrupted(project: JekyllProject, word: string, shows: string, onShown = () => {}) {
  const terminal = startAtTerminal(
    { command: process.execPath, args: [bridge, word] },
    {
      cwd: project.dir,
      env: cleanEnvironment({ SITEDRIVE_HOME: project.home, SITEDRIVE_BOOTSTRAP: NOWHERE })
    }
  )
  await terminal.untilShows(shows)
  onShown()
  terminal.type(CTRL_C)
  const exitCode = await terminal.ended
  return { exitCode, shown: terminal.shown() }
}

describe.skipIf(!hasTerminal || !hasJekyll)('Ctrl-C at a terminal', { timeout: 180_000 }, () => {
  test('ends serve and its Jekyll well', async () => {
    const project = new JekyllProject({ 'index.md': 'Text' })
    let jekylls: number[] = []
    const { exitCode, shown } = await interrupted(project, 'serve', 'Auto-regeneration: enabled', () => {
      jekylls = jekyllsOf(project.home)
    })
    expect(exitCode).toBe(0)
    expect(jekylls).toHaveLength(1)
    expect(jekylls.filter(isAlive)).toEqual([])
    expect(shown).not.toContain('Sitedrive error')
  })

  test('stops build, and nothing is published', { tags: 'long' }, async () => {
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
