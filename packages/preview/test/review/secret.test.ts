import { existsSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { exportSecret, sitePaths } from '@sitedrive/core'
import { describe, expect, test } from 'vitest'
import type { ErrorAnswer } from '@sitedrive/mirror/parts'
import type { Run } from '../../src/review/api.js'
import { reviewSite, type ReviewSite } from './support/review-site.js'

const core = pathToFileURL(createRequire(import.meta.url).resolve('@sitedrive/core')).href
const COMMAND = `"${process.execPath}" build.mjs`

/** A build with a plugin, and with a dependency that looks around in a process of its own. */
const PRYING = `import { createPublisher } from ${JSON.stringify(core)}
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
const look = process.platform === 'linux' ? 'cat /proc/self/environ /proc/$PPID/environ /proc/$PPID/cmdline; env' : 'env'
writeFileSync('seen.txt', spawnSync('sh', ['-c', look]).stdout)
writeFileSync('out/a.html', '<p>3</p>')
const outcome = await createPublisher({ projectDir: process.cwd(), required: REQUIRED }).publish('out')
console.log(outcome.message ?? outcome.status)
`

/** A dev process that was given the secret. @param holds the machine has it as well; false: the environment alone has it */
async function givenSecret(holds: boolean, { hasDir = false, isRequired = false } = {}) {
  const site = await reviewSite({
    released: { 'a.html': '<p>1</p>' },
    now: { 'a.html': '<p>2</p>' },
    build: ({ dir }) => ({ command: COMMAND, ...(hasDir && { dir }) })
  })
  const { secret, key } = await exportSecret({ projectDir: site.projectDir, env: site.env })
  site.env['SITEDRIVE_SECRET'] = secret
  if (!holds) rmSync(sitePaths(site.env['SITEDRIVE_HOME'] ?? '', key).secret)
  site.writeProject({ 'build.mjs': PRYING.replace('REQUIRED', String(isRequired)) })
  return { site, secret }
}

function publish(site: ReviewSite) {
  return site.call.post<Run & ErrorAnswer>('/api/publish', { command: COMMAND })
}

function seenBy({ projectDir }: ReviewSite): string {
  return readFileSync(path.join(projectDir, 'seen.txt'), 'utf8')
}

describe('publish all of a dev process that was given the secret', { timeout: 180_000 }, () => {
  test('keeps it from the build, which publishes by what this machine holds', async () => {
    const { site, secret } = await givenSecret(true)
    await publish(site)
    expect(await site.call.ended()).toMatchObject({ state: 'published', outcome: { release: 2 } })
    expect(seenBy(site)).toContain('SITEDRIVE_HOME')
    expect(seenBy(site)).not.toContain(secret)
  })

  test('publishes by itself what the build leaves to it, where it knows the folder', async () => {
    const { site, secret } = await givenSecret(false, { hasDir: true, isRequired: true })
    expect((await site.call.review()).permission).toEqual({ kind: 'publish' })
    await publish(site)
    const { state, outcome } = await site.call.ended()
    expect([state, outcome?.release]).toEqual(['published', 2])
    expect(seenBy(site)).not.toContain(secret)
  })

  test('says how to publish, and builds nothing, where only the build knows the folder', async () => {
    const { site } = await givenSecret(false)
    const { permission } = await site.call.review()
    expect(permission).toMatchObject({
      kind: 'never',
      message: expect.stringContaining('sitedrive run') as string
    })
    const { status, body } = await publish(site)
    expect([status, body.error.code]).toEqual([409, 'NEVER'])
    expect(existsSync(path.join(site.projectDir, 'seen.txt'))).toBe(false)
  })
})
