import path from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  cleanEnvironment,
  linkPackages,
  readProjectSite,
  runToSuccess,
  temporaryFolder,
  writeFiles
} from '@sitedrive/testing'
import { expect, test } from 'vitest'
import { scriptOfPage } from './support/script-of-page.js'

const packageDir = fileURLToPath(new URL('..', import.meta.url))

test('the skeleton of docs/write-an-integration.md publishes', async () => {
  const [dir, home] = [temporaryFolder(), temporaryFolder()]
  writeFiles(dir, { 'skeleton.mjs': scriptOfPage('skeleton.mjs'), 'pages/index.html': '<p>Hello' })
  linkPackages(dir, { '@sitedrive/integration': packageDir })
  const { stdout } = await runToSuccess(
    { command: process.execPath, args: [path.join(dir, 'skeleton.mjs')] },
    { cwd: dir, env: cleanEnvironment({ SITEDRIVE_HOME: home, SITEDRIVE_BOOTSTRAP: '127.0.0.1:9' }) }
  )
  const site = await readProjectSite(home, dir)
  expect(site?.files).toEqual({ '/index.html': '<p>Hello' })
  expect(stdout.trimEnd().split('\n').at(-1)).toBe(`hyper://${site?.key}/`)
})
